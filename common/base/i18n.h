/* SPDX-License-Identifier: MPL-2.0 */
/*
 * N_(): marks an English sentence for translation and leaves it as it is. Layers below the services
 * only mark; services translate with _() from services/shared/say.h.
 */
#ifndef TS_BASE_I18N_H
#define TS_BASE_I18N_H

#define N_(text) text

#endif

/* SPDX-License-Identifier: MPL-2.0 */
/* Between provisioning, which writes the file, and the node, which reads it. */
#ifndef TS_NODE_FOUNDING_H
#define TS_NODE_FOUNDING_H

/* keys/founding.key: unit_code, unit_name, body_code, body_name, endpoints, gate_curve_key. No
 * secret in it. */
#define TS_FOUNDING_FILE "founding.key"
#define TS_FOUNDING_KIND "founding"

#endif

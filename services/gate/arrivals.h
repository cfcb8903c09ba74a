/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Whose connection is it that has not said anything yet? ZAP tells key and address of a handshake,
 * the system the address of a descriptor; the library tells both together only with the first whole
 * message, and a first message that never ends is never delivered. So the gate notes handshakes and
 * crosses out those whose connection has spoken: what is left of one address since a connection
 * began is the list of suspects. Plain bookkeeping, no sockets, no clock.
 */
#ifndef TS_GATE_ARRIVALS_H
#define TS_GATE_ARRIVALS_H

#include "base/id.h"
#include "base/time.h"

#include <stdbool.h>

/* Handshakes remembered; the oldest is forgotten. */
#define TS_ARRIVALS_MAX 256u
#define TS_ARRIVALS_ADDRESS_BYTES 64u

typedef struct ts_arrivals ts_arrivals_t;

ts_arrivals_t *ts_arrivals_new(void);
void ts_arrivals_destroy(ts_arrivals_t **self_p);
/* A handshake of this key was admitted. */
void ts_arrivals_add(ts_arrivals_t *self, const ts_hash_t *key, const char *address, ts_mono_t now);
/* The first frame of a connection of this key has come. */
void ts_arrivals_spoke(ts_arrivals_t *self, const ts_hash_t *key);
/* The one key that can stand behind a silent connection from there, accepted then. False when none
 * or several can: nobody is banned on suspicion. */
bool ts_arrivals_suspect(const ts_arrivals_t *self,
                         const char *address,
                         ts_mono_t accepted,
                         ts_hash_t *ret_key);

#endif

/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rotation of the registrar's key, in two halves. Where the root key is (command line): a new pair
 * with the next serial, certified by the root, as the text of a key file. At the province: the pair
 * is taken over. Its file keys/registrar-<serial>.key is the whole decision (point 17 of the crash
 * matrix: before it stands nothing has changed, afterwards every start completes the rest): the
 * registry goes on in a log of the new registrar, whose first event cuts off what earlier ones
 * wrote beyond the tips of now. Nothing else is replaced. Source: sync.md R36, design §6.
 */
#ifndef TS_NODE_ROTATION_H
#define TS_NODE_ROTATION_H

#include "base/buf.h"
#include "base/err.h"
#include "base/msg.h"
#include "crypto/random.h"
#include "crypto/sign.h"
#include "node/node_p.h"

#define TS_ROTATION_KIND "registrar_offer"

/* Appends the offer: a new registrar's pair, `serial`, and the root's signature over them. */
void ts_rotation_offer(const ts_hash_t *root_public,
                       const ts_secret_t *root,
                       uint32_t serial,
                       ts_random_t random,
                       ts_buf_t *out);

/* Takes an offer over. KEY: another root; LIMIT: its serial is not the one after the newest that is
 * known (an old offer, or one that jumps); SIGNATURE; others as ts_keyfile_save. After OK the
 * registry's active log is the new registrar's. So a province that was restored with an earlier
 * key gets one that counts again. */
TS_MUST_USE ts_err_t ts_rotation_accept(ts_node_t *node, ts_bytes_t offer, ts_msg_t *ret_why);
/* Writes the event that cuts earlier registrars off, when the registry does not name us yet. */
TS_MUST_USE ts_err_t ts_rotation_turn(ts_node_t *node);
/* A later registrar than ours is known: an old copy must write no registry. */
bool ts_rotation_is_superseded(const ts_node_t *node);

#endif

/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Bundles in node_world: made at one node, kept as bytes, taken in at another, by the same commands
 * as the command line sends. For tests only.
 */
#ifndef TS_TESTS_SUPPORT_NODE_CARRY_H
#define TS_TESTS_SUPPORT_NODE_CARRY_H

#include "support/node_world.h"

/* What `bundle export` of node `from` for node `to` writes; asserts that it is good. fields: more
 * of the command, name, value, …, NULL. */
void world_bundle(world_t *self, size_t from, size_t to, ts_buf_t *ret_file, ...);
/* The same, which may be refused, or the node may be killed by its fault (IO). The reply is in
 * self->reply. */
ts_err_t world_bundle_try(world_t *self, size_t from, ts_command_t *command, ts_buf_t *ret_file);
/* Takes the bytes in, in parts of `part` bytes. What the last reply said. */
ts_err_t world_take_in(world_t *self, size_t node, ts_bytes_t file, size_t part);
/* A stick from one to the other, everything good. */
void world_carry(world_t *self, size_t from, size_t to);

#endif

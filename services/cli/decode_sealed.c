/* SPDX-License-Identifier: MPL-2.0 */
/* What everybody can see of a sealed file: a bundle, a backup, the kit of keys. Its content needs
 * the key of a receiver: the office takes it in, nobody looks into it here. */
#include "base/i18n.h"
#include "cli/decode.h"
#include "crypto/sealed.h"

#include <stdio.h>
#include <string.h>

#define LENGTH_BYTES 4u

static const char *
word_for(uint8_t what)
{
    static const char *const words[] = {
        [TS_SEALED_BUNDLE] = "bundle",
        [TS_SEALED_BACKUP] = "backup",
        [TS_SEALED_KIT] = "kit",
        [TS_SEALED_KEPT] = "kept",
    };
    return what < sizeof words / sizeof words[0] && words[what] != NULL ? words[what] : "?";
}

/* Chunks as their lengths say; *ret_cut: the last one is not whole. Whether it is the last of all
 * only a receiver can tell. */
static int64_t
count_chunks(ts_bytes_t bytes, size_t at, bool *ret_cut)
{
    int64_t count = 0;
    while (bytes.length - at >= LENGTH_BYTES) {
        ts_cursor_t cursor = ts_cursor(bytes.data + at, LENGTH_BYTES);
        size_t length = ts_cursor_u32(&cursor);
        if (bytes.length - at - LENGTH_BYTES < length) {
            break;
        }
        at += LENGTH_BYTES + length;
        count++;
    }
    *ret_cut = at != bytes.length || count == 0;
    return count;
}

ts_err_t
ts_decode_sealed(ts_bytes_t bytes, ts_reply_t *reply)
{
    ts_sealed_head_t head;
    ts_err_t err = ts_sealed_head_read(bytes, &head);
    if (err != TS_ERR_OK) {
        return err == TS_ERR_AGAIN ? TS_ERR_TRUNCATED : err;
    }
    char keys[TS_SEALED_RECIPIENTS_MAX * 17 + 1] = "";
    for (size_t i = 0; i < head.recipient_count; i++) {
        size_t used = strlen(keys);
        (void)snprintf(keys + used, sizeof keys - used, "%s%016llx", i == 0 ? "" : " ",
                       (unsigned long long)head.key_ids[i]);
    }
    bool is_cut = false;
    int64_t chunks = count_chunks(bytes, head.bytes, &is_cut);
    ts_facts_t facts = ts_facts_begin(reply, "sealed");
    ts_facts_text(&facts, "what", N_("Sealed file"), word_for(head.what));
    ts_facts_text(&facts, "label", N_("What its maker wrote on it"), head.label);
    ts_facts_hex(&facts, "deployment", N_("Deployment"), head.deployment.b,
                 sizeof head.deployment.b);
    ts_facts_text(&facts, "recipients", N_("Closed to the keys"), keys);
    ts_facts_number(&facts, "chunks", N_("Chunks"), "number", chunks);
    ts_facts_number(&facts, "cut", N_("The last one is cut short"), "number", is_cut);
    ts_facts_end(&facts);
    return TS_ERR_OK;
}

ts_err_t
ts_decode_bundle(ts_bytes_t bytes, ts_reply_t *reply)
{
    bool is_sealed = bytes.length >= TS_SEALED_MAGIC_BYTES &&
                     memcmp(bytes.data, ts_sealed_magic, TS_SEALED_MAGIC_BYTES) == 0;
    return is_sealed ? ts_decode_sealed(bytes, reply) : ts_decode_segments(bytes, reply);
}

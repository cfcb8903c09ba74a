/* SPDX-License-Identifier: MPL-2.0 */
#include "wire/unpack.h"

#include "base/check.h"
#include "base/i18n.h"
#include "wire/layout.h"
#include "wire/utf8.h"

#include <stdio.h>
#include <string.h>

typedef struct reader {
    const uint8_t *at;
    const uint8_t *end;
} reader_t;

static ts_err_t read_message(
    ts_unpack_t *self, const ts_layout_t *layout, reader_t in, uint8_t *out, unsigned depth);

static ts_err_t
fault(ts_unpack_t *self, ts_err_t err, const char *text)
{
    self->fault = text;
    return err;
}

/* ---- the four wire types ---- */

static ts_err_t
read_slow_varint(ts_unpack_t *self, reader_t *in, uint64_t *ret_value)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        if (in->at == in->end) {
            return fault(self, TS_ERR_TRUNCATED, N_("{1}: a number is cut short"));
        }
        uint8_t byte = *in->at++;
        if (shift == 63 && byte > 1) {
            break;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret_value = value;
            return TS_ERR_OK;
        }
    }
    return fault(self, TS_ERR_INVALID, N_("{1}: a number is too long"));
}

static inline ts_err_t
read_varint(ts_unpack_t *self, reader_t *in, uint64_t *ret_value)
{
    if (in->at < in->end && *in->at < 0x80) {
        *ret_value = *in->at++;
        return TS_ERR_OK;
    }
    return read_slow_varint(self, in, ret_value);
}

/* A length and that many bytes. */
static inline ts_err_t
read_chunk(ts_unpack_t *self, reader_t *in, reader_t *ret_inner)
{
    uint64_t length = 0;
    ts_err_t err = read_varint(self, in, &length);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (length > (uint64_t)(in->end - in->at)) {
        return fault(self, TS_ERR_TRUNCATED, N_("{1}: cut short"));
    }
    *ret_inner = (reader_t){in->at, in->at + length};
    in->at += length;
    return TS_ERR_OK;
}

static ts_err_t
read_fixed(ts_unpack_t *self, reader_t *in, size_t bytes, uint64_t *ret_value)
{
    if ((size_t)(in->end - in->at) < bytes) {
        return fault(self, TS_ERR_TRUNCATED, N_("{1}: a number is cut short"));
    }
    *ret_value = bytes == 8 ? ts_load_u64(in->at) : 0;
    in->at += bytes;
    return TS_ERR_OK;
}

static ts_err_t
skip(ts_unpack_t *self, reader_t *in, unsigned wire_type)
{
    uint64_t ignored;
    reader_t inner;
    switch (wire_type) {
    case TS_WIRE_VARINT:
        return read_varint(self, in, &ignored);
    case TS_WIRE_FIXED64:
        return read_fixed(self, in, 8, &ignored);
    case TS_WIRE_CHUNK:
        return read_chunk(self, in, &inner);
    case TS_WIRE_FIXED32:
        return read_fixed(self, in, 4, &ignored);
    default:
        return fault(self, TS_ERR_INVALID, N_("{1}: not written by this program"));
    }
}

/* Number and wire type of the next field. */
static inline ts_err_t
read_tag(ts_unpack_t *self, reader_t *in, uint32_t *ret_number, unsigned *ret_wire_type)
{
    uint64_t value = 0;
    ts_err_t err = read_varint(self, in, &value);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (value >> 32 != 0 || value >> 3 == 0) {
        return fault(self, TS_ERR_INVALID, N_("{1}: not written by this program"));
    }
    *ret_number = (uint32_t)(value >> 3);
    *ret_wire_type = (unsigned)(value & 7);
    return TS_ERR_OK;
}

/* ---- values ---- */

static ts_err_t
read_number(ts_unpack_t *self, const ts_layout_field_t *field, reader_t *in, uint8_t *at)
{
    uint64_t value = 0;
    ts_err_t err = field->wire_type == TS_WIRE_FIXED64 ? read_fixed(self, in, 8, &value)
                                                       : read_varint(self, in, &value);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (value > field->raw_max) {
        return fault(self, TS_ERR_INVALID, N_("{1}: the number is out of range"));
    }
    if (field->zigzag) {
        value = (value >> 1) ^ (~(value & 1) + 1);
    }
    if (field->bytes == 4) {
        uint32_t narrow = (uint32_t)value;
        memcpy(at, &narrow, sizeof(narrow));
    } else {
        memcpy(at, &value, sizeof(value));
    }
    return TS_ERR_OK;
}

static ts_err_t
read_text(ts_unpack_t *self, reader_t *in, uint8_t *at)
{
    reader_t inner;
    ts_err_t err = read_chunk(self, in, &inner);
    if (err != TS_ERR_OK) {
        return err;
    }
    size_t length = (size_t)(inner.end - inner.at);
    if (length > self->text_bytes_max) {
        return fault(self, TS_ERR_TOOBIG, N_("{1}: the text is too long"));
    }
    if (!ts_utf8_valid(inner.at, length)) {
        return fault(self, TS_ERR_INVALID, N_("{1}: the text is not valid UTF-8"));
    }
    char *copy = ts_arena_take(self->arena, length + 1);
    if (copy == NULL) {
        return fault(self, TS_ERR_LIMIT, N_("{1}: takes too much memory"));
    }
    memcpy(copy, inner.at, length);
    copy[length] = '\0';
    memcpy(at, &copy, sizeof(copy));
    return TS_ERR_OK;
}

static ts_err_t
read_bytes(ts_unpack_t *self, const ts_layout_field_t *field, reader_t *in, uint8_t *at)
{
    reader_t inner;
    ts_err_t err = read_chunk(self, in, &inner);
    if (err != TS_ERR_OK) {
        return err;
    }
    size_t length = (size_t)(inner.end - inner.at);
    if (field->bytes_exact != 0 && length != 0 && length != field->bytes_exact) {
        return fault(self, TS_ERR_INVALID, N_("{1}: the key has the wrong length"));
    }
    ProtobufCBinaryData data = {.len = length};
    data.data = self->borrow_bytes ? ts_unconst(inner.at) : ts_arena_take(self->arena, length);
    if (data.data == NULL) {
        return fault(self, TS_ERR_LIMIT, N_("{1}: takes too much memory"));
    }
    if (!self->borrow_bytes) {
        memcpy(data.data, inner.at, length);
    }
    memcpy(at, &data, sizeof(data));
    return TS_ERR_OK;
}

static ts_err_t
read_below(
    ts_unpack_t *self, const ts_layout_field_t *field, reader_t *in, uint8_t *at, unsigned depth)
{
    reader_t inner;
    ts_err_t err = read_chunk(self, in, &inner);
    if (err != TS_ERR_OK) {
        return err;
    }
    uint8_t *sub = ts_arena_take(self->arena, field->below->bytes);
    if (sub == NULL) {
        return fault(self, TS_ERR_LIMIT, N_("{1}: takes too much memory"));
    }
    memcpy(at, &sub, sizeof(sub));
    return read_message(self, field->below, inner, sub, depth + 1);
}

static ts_err_t
read_value(
    ts_unpack_t *self, const ts_layout_field_t *field, reader_t *in, uint8_t *at, unsigned depth)
{
    switch (field->shape) {
    case TS_SHAPE_NUMBER:
        return read_number(self, field, in, at);
    case TS_SHAPE_TEXT:
        return read_text(self, in, at);
    case TS_SHAPE_BYTES:
        return read_bytes(self, field, in, at);
    case TS_SHAPE_MESSAGE:
    default:
        return read_below(self, field, in, at, depth);
    }
}

/* ---- repeated fields ---- */

/* Values in a packed chunk: eight bytes each, or one for each byte that ends a varint. */
static size_t
packed_count(const ts_layout_field_t *field, reader_t inner)
{
    if (field->wire_type == TS_WIRE_FIXED64) {
        return (size_t)(inner.end - inner.at) / 8;
    }
    size_t count = 0;
    for (; inner.at < inner.end; inner.at++) {
        count += *inner.at < 0x80;
    }
    return count;
}

static bool
is_packed(const ts_layout_field_t *field, unsigned wire_type)
{
    return field->shape == TS_SHAPE_NUMBER && wire_type == TS_WIRE_CHUNK;
}

/* How many values of this field there are from `in` (behind its first tag) to the end of the
 * message. */
static ts_err_t
count_rows(ts_unpack_t *self,
           const ts_layout_field_t *field,
           reader_t in,
           unsigned wire_type,
           size_t *ret_count)
{
    size_t count = 0;
    uint32_t number = field->number;
    for (;;) {
        reader_t inner;
        ts_err_t err;
        if (number == field->number && is_packed(field, wire_type)) {
            err = read_chunk(self, &in, &inner);
            count += err == TS_ERR_OK ? packed_count(field, inner) : 0;
        } else {
            count += number == field->number;
            err = skip(self, &in, wire_type);
        }
        if (err == TS_ERR_OK && in.at == in.end) {
            *ret_count = count;
            return TS_ERR_OK;
        }
        if (err == TS_ERR_OK) {
            err = read_tag(self, &in, &number, &wire_type);
        }
        if (err != TS_ERR_OK) {
            return err;
        }
    }
}

/* Room for all rows of a repeated field, made when its first one comes. */
static ts_err_t
make_rows(ts_unpack_t *self,
          const ts_layout_field_t *field,
          reader_t in,
          unsigned wire_type,
          uint8_t *out)
{
    size_t count = 0;
    ts_err_t err = count_rows(self, field, in, wire_type, &count);
    if (err != TS_ERR_OK) {
        return err;
    }
    if (count > self->rows_max) {
        return fault(self, TS_ERR_LIMIT, N_("{1}: too many rows"));
    }
    void *rows = ts_arena_take(self->arena, count * field->bytes);
    if (rows == NULL) {
        return fault(self, TS_ERR_LIMIT, N_("{1}: takes too much memory"));
    }
    memcpy(out + field->offset, &rows, sizeof(rows));
    return TS_ERR_OK;
}

/* A message being read. */
typedef struct frame {
    reader_t in;
    uint8_t *out;
    uint64_t seen; /* bits of the fields that came */
    unsigned depth;
} frame_t;

static ts_err_t
read_repeated(ts_unpack_t *self, frame_t *frame, const ts_layout_field_t *field, unsigned wire_type)
{
    uint8_t *rows;
    size_t count;
    memcpy(&rows, frame->out + field->offset, sizeof(rows));
    memcpy(&count, frame->out + field->count_offset, sizeof(count));
    ts_err_t err = TS_ERR_OK;
    if (is_packed(field, wire_type)) {
        reader_t inner = {NULL, NULL};
        err = read_chunk(self, &frame->in, &inner);
        while (err == TS_ERR_OK && inner.at < inner.end) {
            err = read_number(self, field, &inner, rows + count * field->bytes);
            count++;
        }
    } else {
        err = read_value(self, field, &frame->in, rows + count * field->bytes, frame->depth);
        count++;
    }
    memcpy(frame->out + field->count_offset, &count, sizeof(count));
    return err;
}

/* ---- a message ---- */

static ts_err_t
read_field(ts_unpack_t *self, frame_t *frame, const ts_layout_field_t *field, unsigned wire_type)
{
    bool first = (frame->seen & field->seen_bit) == 0;
    frame->seen |= field->seen_bit;
    if (wire_type != field->wire_type && !(field->is_repeated && is_packed(field, wire_type))) {
        return fault(self, TS_ERR_INVALID, N_("{1}: has the wrong type"));
    }
    if (field->is_repeated) {
        ts_err_t err = first ? make_rows(self, field, frame->in, wire_type, frame->out) : TS_ERR_OK;
        return err != TS_ERR_OK ? err : read_repeated(self, frame, field, wire_type);
    }
    if (!first) {
        return fault(self, TS_ERR_INVALID, N_("{1}: is given twice"));
    }
    if (field->case_offset != 0) {
        int chosen = (int)field->number;
        memcpy(frame->out + field->case_offset, &chosen, sizeof(chosen));
    }
    return read_value(self, field, &frame->in, frame->out + field->offset, frame->depth);
}

static ts_err_t
read_message(
    ts_unpack_t *self, const ts_layout_t *layout, reader_t in, uint8_t *out, unsigned depth)
{
    TS_CHECK(depth < TS_UNPACK_DEPTH_MAX);
    frame_t frame = {.in = in, .out = out, .depth = depth};
    bool strange = false;
    memcpy(out, layout->empty, layout->bytes);
    while (frame.in.at < frame.in.end) {
        uint32_t number = 0;
        unsigned wire_type = 0;
        ts_err_t err = read_tag(self, &frame.in, &number, &wire_type);
        if (err != TS_ERR_OK) {
            return err;
        }
        const ts_layout_field_t *field =
            number < layout->number_end ? layout->by_number[number] : NULL;
        if (field == NULL) {
            strange = true;
            err = skip(self, &frame.in, wire_type);
        } else {
            self->path[depth] = field->name;
            err = read_field(self, &frame, field, wire_type);
        }
        if (err == TS_ERR_UNKNOWN) {
            strange = true;
        } else if (err != TS_ERR_OK) {
            return err;
        }
    }
    self->path[depth] = NULL;
    if (strange && !self->skip_unknown) {
        return fault(self, TS_ERR_UNKNOWN,
                     N_("{1}: has fields that this version of the program does not know"));
    }
    return TS_ERR_OK;
}

ts_err_t
ts_unpack(ts_unpack_t *self, const ts_layout_t *layout, ts_bytes_t bytes, void *out)
{
    memset(self->path, 0, sizeof(self->path));
    self->fault = NULL;
    static const uint8_t nothing[1];
    const uint8_t *data = bytes.length == 0 ? nothing : bytes.data;
    return read_message(self, layout, (reader_t){data, data + bytes.length}, out, 0);
}

void
ts_unpack_why(const ts_unpack_t *self, ts_msg_t *ret_why)
{
    if (self->fault == NULL) {
        ts_msg_free(ret_why);
        return;
    }
    char path[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < TS_UNPACK_DEPTH_MAX && self->path[i] != NULL; i++) {
        int wrote =
            snprintf(path + used, sizeof(path) - used, "%s%s", i == 0 ? "" : ".", self->path[i]);
        TS_CHECK(wrote >= 0);
        used += (size_t)wrote;
        if (used >= sizeof(path)) {
            break;
        }
    }
    ts_msg_make(ret_why, self->fault, path[0] == '\0' ? "event" : path, NULL);
}

void *
ts_unconst(const void *pointer)
{
    void *result;
    memcpy(&result, &pointer, sizeof(result));
    return result;
}

void
ts_pack(const ProtobufCMessage *packed, ts_buf_t *out)
{
    size_t bytes = protobuf_c_message_get_packed_size(packed);
    size_t wrote = protobuf_c_message_pack(packed, ts_buf_extend(out, bytes));
    TS_CHECK(wrote == bytes);
}

/* SPDX-License-Identifier: MPL-2.0 */
#include "core/effect.h"

#include "base/check.h"

ts_effect_t *
ts_effects_add(ts_effects_t *effects, ts_effect_kind_t kind)
{
    TS_CHECK(effects->count < TS_EFFECTS_MAX);
    ts_effect_t *effect = &effects->items[effects->count++];
    *effect = (ts_effect_t){.kind = kind};
    return effect;
}

size_t
ts_effects_room(const ts_effects_t *effects)
{
    return TS_EFFECTS_MAX - effects->count;
}

const char *
ts_effect_name(ts_effect_kind_t kind)
{
    static const char *const NAMES[] = {
#define EFFECT_NAME(name) [TS_EFFECT_##name] = #name,
        TS_EFFECT_LIST(EFFECT_NAME)
#undef EFFECT_NAME
    };
    return (size_t)kind < sizeof NAMES / sizeof NAMES[0] ? NAMES[kind] : "?";
}

const char *
ts_session_note_name(ts_session_note_t note)
{
    static const char *const NAMES[] = {
#define NOTE_NAME(name) [TS_NOTE_##name] = #name,
        TS_SESSION_NOTE_LIST(NOTE_NAME)
#undef NOTE_NAME
    };
    return (size_t)note < sizeof NAMES / sizeof NAMES[0] ? NAMES[note] : "?";
}

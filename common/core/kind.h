/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Short names for the numbers of event.proto that layers above need to name in code: kinds of
 * records, roles, levels. The .proto stays the one list; a name here is only another spelling of a
 * generated one, so they cannot drift apart.
 */
#ifndef TS_CORE_KIND_H
#define TS_CORE_KIND_H

#include "tiepsuc/v1/event.pb-c.h"

#define TS_KIND_LIST(X)                                                                            \
    X(NONE)                                                                                        \
    X(UNIT)                                                                                        \
    X(BODY)                                                                                        \
    X(OFFICE)                                                                                      \
    X(CUTOFF) X(RELEASE) X(PLAN) X(SCOPE) X(LINE) X(BAND) X(DUTY) X(PERIOD) X(BUDGET) X(TARGET)    \
        X(ACTIVITY) X(BENEFICIARY) X(POPULATION) X(NEED) X(DONOR) X(FUND) X(PLEDGE) X(RECEIPT)     \
            X(PURCHASE) X(ALLOCATION) X(HANDOVER) X(RETURN) X(APPROVAL) X(REPORT) X(REPORT_RETURN) \
                X(FILING) X(WAIVER) X(HOLDING)

enum {
#define TS_KIND_NAME(name) TS_KIND_##name = TIEPSUC__V1__KIND__KIND_##name,
    TS_KIND_LIST(TS_KIND_NAME)
#undef TS_KIND_NAME
};

enum {
    TS_ROLE_RECORDER = TIEPSUC__V1__ROLE__ROLE_RECORDER,
    TS_ROLE_APPROVER = TIEPSUC__V1__ROLE__ROLE_APPROVER,
    TS_ROLE_OPERATOR = TIEPSUC__V1__ROLE__ROLE_OPERATOR
};

enum {
    TS_OFFICE_PROVINCE = TIEPSUC__V1__OFFICE_ROLE__OFFICE_ROLE_PROVINCE,
    TS_OFFICE_DISTRICT = TIEPSUC__V1__OFFICE_ROLE__OFFICE_ROLE_DISTRICT,
    TS_OFFICE_COMMUNE = TIEPSUC__V1__OFFICE_ROLE__OFFICE_ROLE_COMMUNE,
    TS_OFFICE_BODY = TIEPSUC__V1__OFFICE_ROLE__OFFICE_ROLE_BODY,
    TS_OFFICE_SUBSCRIBER = TIEPSUC__V1__OFFICE_ROLE__OFFICE_ROLE_SUBSCRIBER
};

enum {
    TS_LEVEL_PROVINCE = TIEPSUC__V1__UNIT_LEVEL__UNIT_LEVEL_PROVINCE,
    TS_LEVEL_DISTRICT = TIEPSUC__V1__UNIT_LEVEL__UNIT_LEVEL_DISTRICT,
    TS_LEVEL_COMMUNE = TIEPSUC__V1__UNIT_LEVEL__UNIT_LEVEL_COMMUNE
};

#endif

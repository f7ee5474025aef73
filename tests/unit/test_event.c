/* Messages: the keys and units that others build on, and names nobody chose. */
#include "event.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const call_facts facts = {.id = "c-01JDCALL",
                                 .source = "auto_repairs_40.flac",
                                 .channels = 2,
                                 .roles = {UT_AGENT, UT_CUSTOMER},
                                 .started_at_ms = 1795255200007,
                                 .consent = UT_CONSENT_GIVEN,
                                 .model = "base@0123456789ab"};

/* The text as it goes out, which is all there is to a message. */
static void says(message *m, const char *text) {
    assert_non_null(m);
    assert_string_equal(m->text, text);
    assert_int_equal(m->n_bytes, strlen(text));
    message_release(m);
}

static void call_started(void **state) {
    (void)state;
    message *m = message_of_call(&facts);
    assert_int_equal(m->kind, MESSAGE_CALL);
    assert_string_equal(m->call, facts.id);
    memset(m->text - MESSAGE_PREFIX, 0xaa, MESSAGE_PREFIX); /* libwebsockets writes there */
    says(m, "{\"type\":\"call\",\"call\":\"c-01JDCALL\",\"source\":\"auto_repairs_40.flac\","
            "\"channels\":[\"agent\",\"customer\"],\"rate_hz\":8000,\"started_at\":\"2026-11-21T10:00:00.007Z\","
            "\"consent\":\"given\",\"model\":\"base@0123456789ab\",\"arm\":\"shown\"}");
    for (int c = UT_CONSENT_UNKNOWN; c <= UT_CONSENT_WITHDRAWN; c++) {
        call_facts other = facts;
        char wanted[40];
        other.consent = (ut_consent)c;
        snprintf(wanted, sizeof wanted, "\"consent\":\"%s\"", ut_consent_name((ut_consent)c));
        m = message_of_call(&other);
        assert_non_null(strstr(m->text, wanted));
        message_release(m);
    }
}

/* What the deployment calls them; who the customer is only with consent. */
static void names(void **state) {
    (void)state;
    call_facts named = facts;
    named.customer = "K-4711";
    named.queue = "repairs";
    named.agent = "a-17";
    named.team = "north";
    named.consent_method = "telephony";
    named.playbook = "default";
    named.content_sha256 = "ab12";
    named.held_out = true;
    message *m = message_of_call(&named);
    assert_non_null(strstr(m->text, "\"arm\":\"held_out\",\"consent_method\":\"telephony\",\"playbook\":\"default\","
                                    "\"queue\":\"repairs\",\"agent\":\"a-17\",\"team\":\"north\","
                                    "\"customer\":\"K-4711\",\"content_sha256\":\"ab12\"}"));
    message_release(m);
    named.consent = UT_CONSENT_WITHDRAWN;
    m = message_of_call(&named);
    assert_non_null(strstr(m->text, "\"agent\":\"a-17\",\"team\":\"north\"}"));
    message_release(m);
    named = facts;
    named.customer = named.queue = "\xff";
    m = message_of_call(&named);
    assert_non_null(strstr(m->text, "\"arm\":\"shown\"}"));
    message_release(m);
}

static void customer_reading(void **state) {
    (void)state;
    ut_event event = {.type = UT_EVENT_CUSTOMER, .t_s = 12.5};
    event.customer.activity = (ut_activity){.speaking = true,
                                            .sound = UT_SOUND_SPEECH,
                                            .level_db = -21.44f,
                                            .rate_syl_s = 5.06f,
                                            .talk_share = 0.421f,
                                            .talk_share_120s = 0.5f};
    event.customer.affect =
        (ut_affect){.pitch_hz = 231.04f, .frustration = 0.62f, .stress = 0.31f, .arousal = 0.7f, .confidence = 0.8f};
    event.customer.affect.usual_known = true;
    message *m = message_of_event(&facts, &event);
    assert_int_equal(m->kind, MESSAGE_READING);
    assert_int_equal(m->channel, UT_CUSTOMER);
    assert_true(m->t_s == 12.5);
    says(m, "{\"type\":\"reading\",\"call\":\"c-01JDCALL\",\"t_s\":12.5,\"channel\":\"customer\",\"speaking\":true,"
            "\"sound\":\"speech\",\"level_db\":-21.4,\"rate_syl_s\":5.1,\"talk_share\":0.42,\"talk_share_120s\":0.5,"
            "\"frustration\":0.62,\"stress\":0.31,\"arousal\":0.7,\"confidence\":0.8,\"abstain\":false,"
            "\"pitch_hz\":231.0,\"baseline\":\"ready\"}");
    event.customer.affect = (ut_affect){.abstain = true, .frustration = NAN, .stress = INFINITY};
    m = message_of_event(&facts, &event);
    assert_non_null(strstr(m->text, "\"frustration\":null,\"stress\":null,"));
    assert_non_null(strstr(m->text, "\"abstain\":true,\"pitch_hz\":null,\"baseline\":\"warming\"}"));
    message_release(m);
}

static void other_readings(void **state) {
    (void)state;
    static const ut_channel channels[] = {UT_AGENT, UT_MIXED};
    static const char *const wanted[] = {
        "{\"type\":\"reading\",\"call\":\"c-01JDCALL\",\"t_s\":0.5,\"channel\":\"agent\",\"speaking\":false,"
        "\"sound\":\"none\",\"level_db\":-100.0,\"rate_syl_s\":4.4,\"talk_share\":null,\"talk_share_120s\":0.25}",
        "{\"type\":\"reading\",\"call\":\"c-01JDCALL\",\"t_s\":0.5,\"channel\":\"mixed\",\"speaking\":false,"
        "\"sound\":\"none\",\"level_db\":-100.0,\"rate_syl_s\":4.4,\"talk_share\":null,\"talk_share_120s\":0.25}"};
    for (int i = 0; i < 2; i++) {
        ut_event event;
        memset(&event, 0x3f, sizeof event); /* whatever lies where a customer's affect would be */
        event.type = UT_EVENT_ACTIVITY;
        event.t_s = 0.5;
        event.activity.channel = channels[i];
        event.activity.activity =
            (ut_activity){.level_db = -100, .rate_syl_s = 4.4f, .talk_share = NAN, .talk_share_120s = 0.25f};
        message *m = message_of_event(&facts, &event);
        assert_int_equal(m->channel, channels[i]);
        says(m, wanted[i]);
    }
}

static void cue(void **state) {
    (void)state;
    ut_event event = {.type = UT_EVENT_CUE,
                      .t_s = 12.5,
                      .cue = {.id = 7,
                              .kind = UT_CUE_FRUSTRATION,
                              .state = UT_CUE_RAISED,
                              .severity = UT_NOTICE,
                              .priority = 2,
                              .score = 0.78f,
                              .score_usual = 0.413f,
                              .text = "Voice sounds frustrated",
                              .advice = "Acknowledge it, then give the next step.",
                              .n_reasons = 2,
                              .reasons = {{"pitch_hz", "+4.1 st", 2.3f}, {"voice", "from the start", NAN}}}};
    message *m = message_of_event(&facts, &event);
    assert_int_equal(m->kind, MESSAGE_CUE);
    assert_int_equal(m->cue_id, 7);
    assert_int_equal(m->cue_state, UT_CUE_RAISED);
    says(m, "{\"type\":\"cue\",\"call\":\"c-01JDCALL\",\"id\":7,\"t_s\":12.5,\"cue\":\"frustration\","
            "\"state\":\"raised\",\"severity\":\"notice\",\"priority\":2,\"to\":\"agent\",\"shown\":true,"
            "\"score\":0.78,\"score_usual\":0.413,\"text\":\"Voice sounds frustrated\","
            "\"advice\":\"Acknowledge it, then give the next step.\",\"reasons\":[{\"feature\":\"pitch_hz\","
            "\"change\":\"+4.1 st\",\"z\":2.3},{\"feature\":\"voice\",\"change\":\"from the start\"}]}");
    event.cue.kind = UT_CUE_DEAD_AIR;
    event.cue.state = UT_CUE_CLEARED;
    event.cue.score = event.cue.score_usual = NAN;
    event.cue.n_reasons = 0;
    m = message_of_event(&facts, &event);
    assert_true(m->shown);
    assert_null(strstr(m->text, "score"));
    assert_non_null(strstr(m->text, "\"cue\":\"dead_air\",\"state\":\"cleared\""));
    assert_non_null(strstr(m->text, "\"reasons\":[]"));
    message_release(m);
    for (int kind = 0; kind < UT_CUE_KINDS; kind++) {
        event.cue.kind = (ut_cue_kind)kind;
        m = message_of_event(&facts, &event);
        assert_int_equal(strstr(m->text, "\"to\":\"supervisor\"") != NULL, kind == UT_CUE_ESCALATE);
        message_release(m);
    }
}

/* Only the cues of a held-out call are for no page. */
static void held_out(void **state) {
    (void)state;
    call_facts out = facts;
    out.held_out = true;
    static const ut_event_type types[] = {UT_EVENT_CUSTOMER, UT_EVENT_ACTIVITY, UT_EVENT_TURN, UT_EVENT_CUE,
                                          UT_EVENT_SUMMARY};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        ut_event event = {.type = types[i]};
        message *m = message_of_event(&out, &event);
        bool cue = types[i] == UT_EVENT_CUE;
        assert_int_equal(m->shown, !cue);
        assert_int_equal(strstr(m->text, "\"shown\":false") != NULL, cue);
        message_release(m);
    }
}

static void turn(void **state) {
    (void)state;
    ut_event event = {.type = UT_EVENT_TURN,
                      .t_s = 12.5,
                      .turn = {.kind = UT_TURN_INTERRUPTION, .channel = UT_AGENT, .start_s = 11.004, .end_s = 12.1}};
    message *m = message_of_event(&facts, &event);
    assert_int_equal(m->kind, MESSAGE_TURN);
    assert_true(message_may_be_dropped(m) && !message_is_durable(m));
    says(m, "{\"type\":\"turn\",\"call\":\"c-01JDCALL\",\"t_s\":12.5,\"turn\":\"interruption\",\"channel\":\"agent\","
            "\"start_s\":11.0,\"end_s\":12.1}");
    event.turn.kind = UT_TURN_SILENCE;
    m = message_of_event(&facts, &event);
    assert_null(strstr(m->text, "channel"));
    message_release(m);
}

static void what_was_said(void **state) {
    (void)state;
    feedback said = {.call = "c-01JDCALL", .cue = 7, .verdict = VERDICT_WRONG};
    message *m = message_of_feedback(&said, 1795255200007);
    assert_int_equal(m->kind, MESSAGE_FEEDBACK);
    assert_string_equal(m->call, "c-01JDCALL");
    assert_int_equal(m->cue_id, 7);
    assert_true(m->shown && message_is_durable(m));
    says(m, "{\"type\":\"feedback\",\"call\":\"c-01JDCALL\",\"cue\":7,\"verdict\":\"wrong\","
            "\"at\":\"2026-11-21T10:00:00.007Z\"}");
    says(message_of_refusal("not JSON"), "{\"type\":\"refused\",\"why\":\"not JSON\"}");
}

static void call_ids(void **state) {
    (void)state;
    char id[CALL_ID_SIZE];
    call_id_make(id, 1795255200007);
    assert_true(call_id_is(id) && call_id_is("c-1") && call_id_is("0123456789012345678901234567890"));
    static const char *const not_ids[] = {
        "", "c 1", "c/1", "../x", "c-\xc3\xa4", "a\nb", "01234567890123456789012345678901"};
    for (size_t i = 0; i < sizeof not_ids / sizeof *not_ids; i++) assert_false(call_id_is(not_ids[i]));
}

static void summary(void **state) {
    (void)state;
    ut_event event = {.type = UT_EVENT_SUMMARY, .t_s = 245};
    event.summary = (ut_summary){.duration_s = 245,
                                 .has_customer = true,
                                 .has_dynamics = true,
                                 .customer = {88.2f, 0.21f, 0.78f, 0.12f, 0.4f, 0.4f},
                                 .dynamics = {.agent_talk_share = 0.58f,
                                              .overlaps = 4,
                                              .interruptions = 3,
                                              .interruptions_by_agent = 1,
                                              .backchannels = 2,
                                              .dead_air_s = 12,
                                              .hold_s = 30.04f,
                                              .response_latency_median_s = 0.9f,
                                              .response_latency_p90_s = 2.5f,
                                              .monologue_longest_s = 41},
                                 .cues = 3};
    says(message_of_event(&facts, &event),
         "{\"type\":\"summary\",\"call\":\"c-01JDCALL\",\"source\":\"auto_repairs_40.flac\",\"duration_s\":245.0,"
         "\"customer\":{\"speech_s\":88.2,\"frustration_mean\":0.21,\"frustration_peak\":0.78,\"stress_mean\":0.12,"
         "\"stress_peak\":0.4,\"arousal_mean\":0.4},\"dynamics\":{\"agent_talk_share\":0.58,\"overlaps\":4,"
         "\"interruptions\":3,\"interruptions_by_agent\":1,\"backchannels\":2,\"dead_air_s\":12.0,\"hold_s\":30.0,"
         "\"response_latency_median_s\":0.9,\"response_latency_p90_s\":2.5,\"monologue_longest_s\":41.0},\"cues\":3}");
    event.summary = (ut_summary){.duration_s = 1.25};
    says(message_of_event(&facts, &event), "{\"type\":\"summary\",\"call\":\"c-01JDCALL\",\"source\":"
                                           "\"auto_repairs_40.flac\",\"duration_s\":1.25,\"cues\":0}");
    event.summary =
        (ut_summary){.has_dynamics = true, .dynamics = {.agent_talk_share = NAN, .response_latency_median_s = NAN}};
    message *m = message_of_event(&facts, &event);
    assert_non_null(strstr(m->text, "\"agent_talk_share\":null"));
    assert_non_null(strstr(m->text, "\"response_latency_median_s\":null"));
    message_release(m);
}

static void hostile_names(void **state) {
    (void)state;
    static const char *const names[] = {"",         "a\"b\\c",      "a\nb", "\x1b[31m", "\xff\xfe",
                                        "\xc0\x80", "\xed\xa0\x80", "%s%n", "</script>"};
    char long_name[5000];
    memset(long_name, 'x', sizeof long_name - 1), long_name[sizeof long_name - 1] = '\0';
    for (size_t i = 0; i <= sizeof names / sizeof *names; i++) {
        call_facts hostile = facts;
        hostile.source = i < sizeof names / sizeof *names ? names[i] : long_name;
        message *m = message_of_call(&hostile);
        assert_non_null(m);
        assert_null(strchr(m->text, '\n'));
        json_t *json = json_loadb(m->text, m->n_bytes, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(json);
        const char *source = json_string_value(json_object_get(json, "source"));
        assert_non_null(source);
        if (i < 4 || i > 6) assert_string_equal(source, hostile.source);
        json_decref(json);
        message_release(m);
    }
}

static void ids_sort_by_time(void **state) {
    (void)state;
    char before[CALL_ID_SIZE] = "", id[CALL_ID_SIZE], twin[CALL_ID_SIZE];
    for (int64_t ms = 1795255200000; ms < 1795255200000 + 5000; ms += 7) {
        call_id_make(id, ms);
        call_id_make(twin, ms);
        assert_int_equal(strlen(id), 28);
        assert_int_equal(strncmp(id, "c-", 2), 0);
        assert_int_equal(strspn(id + 2, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 26);
        assert_true(strcmp(before, id) < 0);
        assert_string_not_equal(id, twin);
        memcpy(before, id, sizeof id);
    }
    call_id_make(id, ((int64_t)1 << 48) - 1); /* the last that fits: the year 10889 */
    assert_true(strcmp(before, id) < 0);
    assert_int_equal(strncmp(id, "c-7ZZZZZZZZZ", 12), 0);
}

static void references_are_counted(void **state) {
    (void)state;
    message *m = message_of_call(&facts);
    assert_ptr_equal(message_hold(m), m);
    message_release(m);
    assert_string_equal(m->call, facts.id);
    message_release(m);
    message_release(NULL);
}

static void what_is_changed_by_hand(void **state) {
    (void)state;
    message *m = message_of_consent("c-01JDCALL", 12.5, &(consent_change){UT_CONSENT_WITHDRAWN, "telephony", "a-17"},
                                    1795255200007);
    assert_int_equal(m->kind, MESSAGE_CONSENT);
    assert_int_equal(m->consent, UT_CONSENT_WITHDRAWN);
    assert_true(message_is_durable(m));
    says(m, "{\"type\":\"consent\",\"call\":\"c-01JDCALL\",\"t_s\":12.5,\"consent\":\"withdrawn\","
            "\"method\":\"telephony\",\"who\":\"a-17\",\"at\":\"2026-11-21T10:00:00.007Z\"}");
    says(message_of_consent("c-1", 0, &(consent_change){.consent = UT_CONSENT_GIVEN}, 0),
         "{\"type\":\"consent\",\"call\":\"c-1\",\"t_s\":0.0,\"consent\":\"given\","
         "\"at\":\"1970-01-01T00:00:00.000Z\"}");
    says(message_of_pause("c-1", 3, &(pause_change){true, "a-17"}, 0),
         "{\"type\":\"pause\",\"call\":\"c-1\",\"t_s\":3.0,\"state\":\"paused\",\"who\":\"a-17\","
         "\"at\":\"1970-01-01T00:00:00.000Z\"}");
    says(message_of_pause("c-1", 4, &(pause_change){.paused = false}, 0),
         "{\"type\":\"pause\",\"call\":\"c-1\",\"t_s\":4.0,\"state\":\"resumed\","
         "\"at\":\"1970-01-01T00:00:00.000Z\"}");
}

static void what_becomes_of_what_is_kept(void **state) {
    (void)state;
    recording_news news = {.call = "c-1",
                           .state = RECORDING_FINISHED,
                           .file = "c-1.flac",
                           .format = "flac",
                           .channels = 2,
                           .roles = {UT_AGENT, UT_CUSTOMER},
                           .duration_s = 12,
                           .bytes = 1234};
    says(message_of_recording(&news),
         "{\"type\":\"recording\",\"call\":\"c-1\",\"state\":\"finished\",\"channels\":[\"agent\",\"customer\"],"
         "\"duration_s\":12.0,\"bytes\":1234,\"lost_s\":0.0,\"file\":\"c-1.flac\",\"format\":\"flac\"}");
    says(message_of_deletion("c-1"), "{\"type\":\"deleted\",\"call\":\"c-1\"}");
    message *m = message_of_status(&(store_status){false, "/data/undertone.db: the disk is full"});
    assert_false(m->storing);
    says(m, "{\"type\":\"status\",\"storing\":false,\"why\":\"/data/undertone.db: the disk is full\"}");
    says(message_of_status(&(store_status){true, ""}), "{\"type\":\"status\",\"storing\":true}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_started),
        cmocka_unit_test(customer_reading),
        cmocka_unit_test(other_readings),
        cmocka_unit_test(cue),
        cmocka_unit_test(summary),
        cmocka_unit_test(what_is_changed_by_hand),
        cmocka_unit_test(what_becomes_of_what_is_kept),
        cmocka_unit_test(hostile_names),
        cmocka_unit_test(ids_sort_by_time),
        cmocka_unit_test(references_are_counted),
        cmocka_unit_test(names),
        cmocka_unit_test(held_out),
        cmocka_unit_test(turn),
        cmocka_unit_test(what_was_said),
        cmocka_unit_test(call_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What the product promises: emotion is the customer's alone, and words are signals, never verdicts. */
#include <ctype.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "commands/print.h"
#include "cues/playbook.h"
#include "made_source.h"
#include "session.h"
#include "store/store.h"
#include "voice.h"

/* A word of the customer's inner state; none may stand near an agent. */
static const char *const emotional[] = {"frustration", "stress", "arousal",  "pitch", "confidence",
                                        "abstain",     "affect", "emotion",  "score", "anger",
                                        "valence",     "mood",   "sentiment"};

static const char *emotional_in(const char *text) {
    for (size_t i = 0; i < sizeof emotional / sizeof *emotional; i++)
        if (strcasestr(text, emotional[i])) return emotional[i];
    return NULL;
}

static ut_model *model;
static char folder[] = "/tmp/undertone-law-XXXXXX";

static int set_up(void **state) {
    (void)state;
    model = ut_model_open("models/base.utm", NULL);
    return !model || !mkdtemp(folder);
}

static int tear_down(void **state) {
    (void)state;
    char command[80];
    ut_model_close(model);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

typedef struct outlets {
    printer csv;
    store *store;
    int agent_readings, mixed_readings, customer_readings, emotion_cues;
} outlets;

static void check_reading(outlets *o, const message *m) {
    json_t *reading = json_loadb(m->text, m->n_bytes, 0, NULL);
    assert_non_null(reading);
    const char *channel = json_string_value(json_object_get(reading, "channel"));
    bool customer = !strcmp(channel, "customer");
    assert_int_equal(json_object_size(reading), customer ? 17 : 10);
    const char *key;
    json_t *value;
    json_object_foreach(reading, key, value) assert_true(customer || !emotional_in(key));
    o->customer_readings += customer;
    o->agent_readings += !strcmp(channel, "agent");
    o->mixed_readings += !strcmp(channel, "mixed");
    json_decref(reading);
}

static void take(void *user, message *m) {
    outlets *o = user;
    if (m->kind == MESSAGE_READING) check_reading(o, m);
    if (m->kind == MESSAGE_CUE)
        o->emotion_cues += strstr(m->text, "\"cue\":\"frustration\"") || strstr(m->text, "\"cue\":\"stress\"") ||
                           strstr(m->text, "\"cue\":\"calming\"");
    if (m->kind == MESSAGE_SUMMARY && !o->customer_readings) assert_null(emotional_in(m->text));
    printer_show(&o->csv, m);
    if (o->store) store_write(o->store, m);
}

/* Everything this call sends anywhere; its CSV, to be freed. */
static char *run(outlets *o, const char *roles) {
    char *csv;
    size_t n;
    o->csv = (printer){.out = open_memstream(&csv, &n), .form = PRINT_CSV, .source = "law"};
    print_header(o->csv.out, PRINT_CSV);
    session *s = session_new(&made_source_new("law", roles, 14)->base,
                             &(session_options){.model = model, .consent = UT_CONSENT_GIVEN});
    assert_non_null(s);
    while (session_step(s, take, o) <= SESSION_BUSY) {}
    session_free(s);
    printer_finish(&o->csv);
    fclose(o->csv.out);
    return csv;
}

static bool writes_an_opinion(ut_voice *voice) {
    ut_voice_hop hop;
    ut_opinion opinion, untouched;
    memset(&opinion, 0x5a, sizeof opinion);
    memset(&untouched, 0x5a, sizeof untouched);
    ut_voice_hear(voice, ut_voice_take(voice), &hop, &opinion);
    return memcmp(&opinion, &untouched, sizeof opinion) != 0;
}

/* A voice writes an opinion only where there is a classifier to have one. */
static int opinions_of(ut_channel channel) {
    static const voiced_turn turns[] = {{0.1, 6, 150, 0.1}, {.to_s = 0}};
    static float x[6 * UT_RATE_HZ];
    voiced_fill(turns, 0, x, sizeof x / sizeof *x);
    ut_voice *voice = ut_voice_new(model, channel);
    assert_non_null(voice);
    int written = 0;
    for (size_t done = 0; done < sizeof x / sizeof *x;) {
        done += ut_voice_push(voice, x + done, sizeof x / sizeof *x - done);
        while (ut_voice_waiting(voice)) written += writes_an_opinion(voice);
    }
    ut_voice_free(voice);
    return written;
}

static void only_the_customers_voice_has_a_classifier(void **state) {
    (void)state;
    assert_int_equal(opinions_of(UT_CUSTOMER), 12);
    assert_int_equal(opinions_of(UT_AGENT), 0);
    assert_int_equal(opinions_of(UT_MIXED), 0);
}

/* The agent speaks with the very voice of the customer: nothing of it may be scored. */
static void the_agent_and_the_mixed_are_never_scored(void **state) {
    (void)state;
    static const char *const roles[] = {"agent", "mixed"};
    for (int i = 0; i < 2; i++) {
        outlets o = {0};
        char *csv = run(&o, roles[i]);
        assert_int_equal(o.agent_readings + o.mixed_readings, 28);
        assert_int_equal(o.customer_readings + o.emotion_cues, 0);
        free(csv);
    }
    outlets both = {0};
    free(run(&both, "agent,customer"));
    assert_int_equal(both.agent_readings, 28);
    assert_int_equal(both.customer_readings, 28);
}

/* Splits a row of CSV without quotes in place. */
static int split(char *row, char *fields[32]) {
    int n = 0;
    for (char *at = row; at && n < 32; n++) {
        fields[n] = at;
        if ((at = strchr(at, ','))) *at++ = '\0';
    }
    return n;
}

static void no_column_for_an_agents_emotion(void **state) {
    (void)state;
    outlets o = {0};
    char *csv = run(&o, "agent,customer"), *line = csv, *columns[32], *fields[32];
    char *end = strchr(line, '\n');
    assert_non_null(end);
    *end = '\0';
    int n = split(line, columns), agents = 0, rows = 0;
    for (int i = 0; i < n; i++) {
        if (emotional_in(columns[i])) assert_int_equal(strncmp(columns[i], "customer_", 9), 0);
        agents += !strncmp(columns[i], "agent_", 6);
    }
    assert_int_equal(agents, 6);
    for (line = end + 1; (end = strchr(line, '\n')); line = end + 1, rows++) {
        *end = '\0';
        assert_int_equal(split(line, fields), n);
    }
    assert_int_equal(rows, 28);
    free(csv);
}

static sqlite3 *open_store(void) {
    char path[100];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/undertone.db", folder);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    return db;
}

static int number(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int n = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return n;
}

/* In a table that knows channels no column is emotional; in one that has an emotional column nothing says agent. */
static void no_place_in_the_store(void **state) {
    (void)state;
    static const char *const roles[] = {"agent", "mixed", "agent,customer"};
    char message[200] = "";
    outlets o = {.store = store_open(&(store_options){.dir = folder}, message, sizeof message)};
    assert_non_null(o.store);
    for (int i = 0; i < 3; i++) {
        o.customer_readings = 0;
        free(run(&o, roles[i]));
    }
    store_close(o.store);
    sqlite3 *db = open_store();
    sqlite3_stmt *columns;
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT m.name, c.name, EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE"
                                        " name = 'channel') FROM sqlite_schema AS m, pragma_table_info(m.name) AS c"
                                        " WHERE m.type = 'table'",
                                        -1, &columns, NULL),
                     SQLITE_OK);
    int n = 0, customers = 0;
    for (; sqlite3_step(columns) == SQLITE_ROW; n++) {
        const char *name = (const char *)sqlite3_column_text(columns, 1);
        if (!emotional_in(name)) continue;
        assert_int_equal(sqlite3_column_int(columns, 2), 0);
        assert_null(strstr(name, "agent"));
        customers++;
    }
    sqlite3_finalize(columns);
    assert_true(n > 30 && customers >= 8);
    assert_int_equal(number(db, "SELECT count(*) FROM readings"), 28 * 4);
    assert_int_equal(number(db, "SELECT count(*) FROM scores"), 28);
    assert_int_equal(number(db, "SELECT count(*) FROM scores WHERE call NOT IN (SELECT number FROM calls WHERE channels"
                                " LIKE '%customer%')"),
                     0);
    assert_int_equal(number(db, "SELECT count(*) FROM summaries WHERE (customer_frustration_mean IS NOT NULL OR"
                                " customer_stress_peak IS NOT NULL) AND call NOT IN (SELECT call FROM scores)"),
                     0);
    sqlite3_close(db);
}

/* A letter of any of the six languages: what is not ASCII is one as well. */
static bool is_letter(char c) { return isalpha((unsigned char)c) || (unsigned char)c >= 0x80; }

static bool has_word(const char *text, const char *word) {
    size_t n = strlen(word);
    for (const char *at = text; (at = strcasestr(at, word)); at += n)
        if ((at == text || !is_letter(at[-1])) && !is_letter(at[n])) return true;
    return false;
}

/* Words for the person instead of the voice, and for what a person would be or feel. A whole word each. */
static const char *const verdicts[UT_LANGUAGES][40] = {
    [UT_ENGLISH] = {"customer",   "caller", "client",  "person", "he",   "she",     "is angry",
                    "angry",      "anger",  "furious", "upset",  "liar", "lying",   "hostile",
                    "aggressive", "rude",   "feels",   "feel",   "mood", "emotion", "emotional"},
    [UT_GERMAN] = {"Kunde",  "Kundin", "Anrufer",   "Anruferin", "Person",   "er",        "wütend",     "Wut",
                   "zornig", "Zorn",   "verärgert", "böse",      "sauer",    "aggressiv", "feindselig", "unhöflich",
                   "lügt",   "Lügner", "fühlt",     "Gefühl",    "Stimmung", "Laune",     "Emotion",    "emotional"},
    [UT_FRENCH] = {"client",        "cliente",  "appelant",  "appelante", "personne", "il est",  "elle est",
                   "est en colère", "colère",   "furieux",   "furieuse",  "énervé",   "énervée", "fâché",
                   "fâchée",        "agressif", "agressive", "hostile",   "impoli",   "impolie", "ment",
                   "menteur",       "ressent",  "sentiment", "humeur",    "émotion"},
    [UT_SPANISH] = {"cliente", "persona",   "él",      "ella",     "enfadado", "enfadada", "enojado", "enojada",
                    "ira",     "furioso",   "furiosa", "agresivo", "agresiva", "hostil",   "grosero", "grosera",
                    "miente",  "mentiroso", "siente",  "humor",    "emoción",  "emocional"},
    [UT_ITALIAN] = {"cliente", "persona",  "lui",        "lei",        "arrabbiato", "arrabbiata", "rabbia",
                    "furioso", "furiosa",  "aggressivo", "aggressiva", "ostile",     "maleducato", "maleducata",
                    "mente",   "bugiardo", "sente",      "umore",      "emozione",   "emotivo"},
    [UT_PORTUGUESE] = {"cliente",   "pessoa",  "ele",    "ela",         "irritado", "irritada",
                       "zangado",   "zangada", "raiva",  "furioso",     "furiosa",  "agressivo",
                       "agressiva", "hostil",  "rude",   "mal-educado", "mente",    "mentiroso",
                       "sente",     "humor",   "emoção", "emocional"},
};

static const char *verdict_in(const char *text, int language) {
    for (const char *const *word = verdicts[language]; *word; word++)
        if (has_word(text, *word)) return *word;
    return NULL;
}

/* Which language a verdict is in, none of them may say it. */
static void words_are_no_verdicts(void **state) {
    (void)state;
    for (int kind = 0; kind < UT_CUE_KINDS; kind++)
        for (int language = 0; language < UT_LANGUAGES; language++) {
            const ut_rule *rule = &ut_playbook_default.rules[kind];
            const char *said[] = {rule->text[language], rule->advice[language]};
            for (int i = 0; i < 2; i++)
                if (verdict_in(said[i], language)) fail_msg("\"%s\" says %s", said[i], verdict_in(said[i], language));
        }
    assert_string_equal(verdict_in("Der Kunde ist laut.", UT_GERMAN), "Kunde");
    assert_string_equal(verdict_in("Aqui a pessoa grita.", UT_PORTUGUESE), "pessoa");
}

/* What an emotion cue speaks of is the voice, and that it sounds so. */
static void emotion_is_the_voices(void **state) {
    (void)state;
    static const char *const voices[UT_LANGUAGES][2] = {
        [UT_ENGLISH] = {"Voice", "sounds"}, [UT_GERMAN] = {"Stimme", "klingt"},   [UT_FRENCH] = {"La voix", "semble"},
        [UT_SPANISH] = {"La voz", "suena"}, [UT_ITALIAN] = {"La voce", "sembra"}, [UT_PORTUGUESE] = {"A voz", "parece"},
    };
    static const ut_cue_kind emotions[] = {UT_CUE_FRUSTRATION, UT_CUE_STRESS, UT_CUE_CALMING, UT_CUE_ESCALATE};
    for (size_t i = 0; i < sizeof emotions / sizeof *emotions; i++)
        for (int language = 0; language < UT_LANGUAGES; language++) {
            const char *text = ut_playbook_default.rules[emotions[i]].text[language];
            const char *const *says = voices[language];
            if (strncmp(text, says[0], strlen(says[0])) || !has_word(text, says[1])) fail_msg("\"%s\"", text);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_customers_voice_has_a_classifier),
        cmocka_unit_test(the_agent_and_the_mixed_are_never_scored),
        cmocka_unit_test(no_column_for_an_agents_emotion),
        cmocka_unit_test(no_place_in_the_store),
        cmocka_unit_test(words_are_no_verdicts),
        cmocka_unit_test(emotion_is_the_voices),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

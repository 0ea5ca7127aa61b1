"""A model as a C file (C99) that needs nothing but libm: scaling, categories, layers, and the target's own unit."""

from __future__ import annotations

from deltarule.equations.activations import LEAK, SELU_ALPHA, SELU_SCALE, SQRT_HALF
from deltarule.export.written import Written
from deltarule.model import Model
from deltarule.sentences import one_line
from deltarule.tables.column import Form
from deltarule.tables.conversion import SAME_AS_LABELS
from deltarule.tables.inputs import BooleanInput, CategoryInput, Input
from deltarule.tables.missing import Missing

FUNCTIONS = {
    "identity": "return z;",
    "logistic": "return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));",
    "tanh": "return tanh(z);",
    "relu": "return z > 0 ? z : 0;",
    "leaky_relu": f"return z > 0 ? z : {LEAK!r} * z;",
    "elu": "return z > 0 ? z : expm1(z);",
    "selu": f"return {SELU_SCALE!r} * (z > 0 ? z : {SELU_ALPHA!r} * expm1(z));",
    "gelu": f"return 0.5 * z * erfc(-z * {SQRT_HALF!r});",
    "silu": "return z >= 0 ? z / (1 + exp(-z)) : z * exp(z) / (1 + exp(z));",
    "softplus": "return fmax(z, 0) + log1p(exp(-fabs(z)));",
    "exp": "return exp(z);",
}
SOFTMAX = """static void softmax(double *y, int units) {
    double top = y[0], sum = 0;
    for (int j = 1; j < units; j++) top = fmax(top, y[j]);
    for (int j = 0; j < units; j++) sum += y[j] = exp(y[j] - top);
    for (int j = 0; j < units; j++) y[j] /= sum;
}"""
LAYER = """static void layer(const double *x, int before, const double *W, const double *b, int units, double *y,
                  double (*S)(double)) {
    for (int j = 0; j < units; j++) {
        double net = b[j];
        for (int i = 0; i < before; i++) net += W[j * before + i] * x[i];
        y[j] = S(net);
    }
}"""
CATEGORY = """static int same(const char *a, const char *b) {
    while (*a && tolower((unsigned char)*a) == tolower((unsigned char)*b)) a++, b++;
    return !*a && !*b;
}

/* A word's number in its column: -1 for a word not trained on, -2 for an empty one (missing). */
int category(int column, const char *word) {
    if (!*word) return -2;
    for (int k = 0; CATEGORIES[column][k]; k++)
        if (TWO[column] ? same(CATEGORIES[column][k], word) : !strcmp(CATEGORIES[column][k], word))
            return TWO[column] ? k % 2 : k;
    return -1;
}"""
INCLUDED = """#ifdef MAIN
/* cc -DMAIN model.c -lm: rows of the file that is named, or on stdin, cells parted by {told}, names first; a
   line of outputs for each */
#include <stdio.h>
#include <stdlib.h>"""
DATE = """/* Steps over a character where it stands. */
static int over(const char **at, char c) {
    return **at == c && ++*at;
}

/* Steps over a number of one or two digits, at most the given one. */
static int two(const char **at, int most, int *value) {
    int n = 0;
    for (*value = 0; n < 2 && isdigit((unsigned char)**at); n++) *value = 10 * *value + *(*at)++ - '0';
    return n && *value <= most;
}

/* A date in an order such as d.m.Y, with a time or without, in days since 1970. The time of an ISO date, Y-m-d, may be
   an hour alone, have parts of a second, which do not count, and end in Z or in what it is ahead of UTC. */
static int date(const char *order, double *days) {
    int part[3], n = 0, hour = 0, minute = 0, second = 0, iso = !strcmp(order, "Y-m-d");
    char mark[2];
    if (sscanf(text, "%d%c%d%c%d%n", part, mark, part + 1, mark + 1, part + 2, &n) != 5) return 0;
    if (mark[0] != order[1] || mark[1] != order[3]) return 0;
    const char *at = text + n;
    if (over(&at, 'T') || over(&at, ' ')) {
        if (!two(&at, 23, &hour)) return 0;
        if (over(&at, ':')) {
            if (!two(&at, 59, &minute)) return 0;
            if (over(&at, ':')) {
                if (!two(&at, 59, &second)) return 0;
                n = *at == '.' ? strspn(at + 1, "0123456789") : 0;
                if (iso && n && n <= 6) at += 1 + n;
            }
        } else if (!iso) return 0;
        char sign = *at;
        if (iso && (sign == '+' || sign == '-')) {
            int hours, minutes = 0;
            at++;
            if (!two(&at, 23, &hours)) return 0;
            if ((over(&at, ':') || *at) && !two(&at, 59, &minutes)) return 0;
            minute += (sign == '-' ? 1 : -1) * (60 * hours + minutes);
        } else if (iso) over(&at, 'Z');
    }
    int y = part[(strchr(order, 'Y') - order) / 2], m = part[(strchr(order, 'm') - order) / 2];
    int d = part[(strchr(order, 'd') - order) / 2], leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    if (*at || y < 1 || m < 1 || m > 12 || d < 1 || d > (m == 2 ? 28 + leap : 30 + (m + m / 8) % 2)) return 0;
    y -= m < 3; /* a year that begins in March */
    *days = y * 365L + y / 4 - y / 100 + y / 400 + (153 * (m + (m < 3 ? 9 : -3)) + 2) / 5 + d - 719469;
    *days = (*days * 86400 + hour * 3600 + minute * 60 + second) / 86400;
    return 1;
}

"""
SIGN = """/* Takes a sign such as % and the blanks around it, also those that do not break, out of text. */
static void cut(const char *sign) {
    char *from = strstr(text, sign), *to;
    if (!from) return;
    for (to = from + strlen(sign); *to && strchr(" \\t\\302\\240\\342\\200\\257", *to); to++) {}
    while (from > text && strchr(" \\t\\302\\240\\342\\200\\257", from[-1])) from--;
    memmove(from, to, strlen(to) + 1);
}

"""
DATED = """    if (DATES[column]) {
        if (date(DATES[column], &value)) return value;
        fprintf(stderr, "row %ld: column %s needs a date in the order %s, got '%s'\\n", line, NAMES[column],
                DATES[column], text);
        exit(2);
    }
"""
MAIN = """static char text[65536];
static int quoted;

/* Reads one cell into text, trimmed; returns what ended it. */
static int cell(void) {
    int c = getchar(), inside = c == '"', n = 0, from = 0;
    quoted = inside;
    if (inside) c = getchar();
    while (c != EOF && (inside || (c != DELIMITER && c != '\\n'))) {
        if (inside && c == '"' && (c = getchar()) != '"') { inside = 0; continue; }
        if (n < (int)sizeof text - 1) text[n++] = (char)c;
        c = getchar();
    }
    while (n && isspace((unsigned char)text[n - 1])) n--;
    text[n] = 0;
    while (isspace((unsigned char)text[from])) from++;
    memmove(text, text + from, n - from + 1);
    return c;
}

static int absent(void) {
    for (int k = 0; MISSING[k]; k++)
        if (same(MISSING[k], text)) return 1;
    return 0;
}

{date}{sign}static double number(int column, long line) {
    char given[80], *at, *to;
    size_t wide = strlen(THOUSANDS[column]);
    int digits = 0;
    double value;
    if (CATEGORIES[column]) {
        int code = absent() ? -2 : category(column, text);
        if (code != -1 || !TWO[column]) return code;
        fprintf(stderr, "row %ld: column %s needs %s or %s, got '%s'\\n", line, NAMES[column],
                CATEGORIES[column][0], CATEGORIES[column][1], text);
        exit(2);
    }
    if (absent()) return NAN;
    snprintf(given, sizeof given, "%.70s", text);
{dated}    if ((at = strstr(text, "\\342\\210\\222"))) { /* a typographic minus */
        memmove(at, at + 2, strlen(at + 2) + 1);
        *at = '-';
    }
{cut}    for (at = to = text; *at; at++) {
        int mark = wide && !strncmp(at, THOUSANDS[column], wide) && digits && digits < 4 &&
                   strspn(at + wide, "0123456789") == 3;
        digits = mark ? 0 : *at == DECIMALS[column] ? 4 : digits + !!isdigit((unsigned char)*at);
        if (mark) at += wide - 1;
        else *to++ = *at == DECIMALS[column] ? '.' : *at == '.' ? '?' : *at;
    }
    *to = 0;
    value = strtod(text, &to);
    if (!*to && !text[strspn(text, "+-.0123456789eE")]) return value;
    fprintf(stderr, "row %ld: column %s needs a number with the decimal sign %c, got '%s'\\n", line, NAMES[column],
            DECIMALS[column], given);
    exit(2);
}

int main(int words, char **word) {
    double x[COLUMNS], o[OUTPUTS];
    int *place = NULL, count = 0, end;
    if (words > 1 && !freopen(word[1], "r", stdin)) return perror(word[1]), 2;
    do { /* the names: whose column stands where */
        end = cell();
        place = realloc(place, (count + 1) * sizeof *place);
        place[count] = -1;
        if (!count && !strncmp(text, "\\357\\273\\277", 3)) memmove(text, text + 3, strlen(text + 3) + 1);
        for (int i = 0; i < COLUMNS; i++)
            if (!strcmp(NAMES[i], text)) place[count] = i;
        count++;
    } while (end == DELIMITER);
    for (int i = 0, at; i < COLUMNS; i++) {
        for (at = 0; at < count && place[at] != i; at++) {}
        if (at == count) {
            fprintf(stderr, "the first line has no column %s (cells are parted by %s)\\n", NAMES[i], "{told}");
            return 2;
        }
    }
    for (long line = 1; end != EOF; line++) {
        int at = 0, blank;
        do {
            end = cell();
            blank = !at && end != DELIMITER && !*text && !quoted;
            if (!blank && at < count && place[at] >= 0) x[place[at]] = number(place[at], line);
            at++;
        } while (end == DELIMITER);
        if (blank) continue;
        if (at != count) {
            fprintf(stderr, "row %ld has %d cells, the first line %d\\n", line, at, count);
            return 2;
        }
        predict(x, o);
        for (int k = 0; k < OUTPUTS; k++) printf(k ? " %.17g" : "%.17g", o[k]);
        printf("\\n");
    }
    return 0;
}
#endif"""


def c(model: Model, note: str, written: Written) -> str:
    """The file's text; `note` stands in its first comment."""
    shape, targets, columns = model.network.shape, model.targets, model.inputs.columns
    outputs = len(targets.classes) or len(targets.targets)
    names = [f"     {i}: {_comment(column.name)} ({_kind(column)})" for i, column in enumerate(columns)]
    answers = targets.classes or targets.targets
    what = "the probability of each class" if targets.classes else "each target in its own unit"
    head = [
        f"/* {_comment(note)}",
        "   void predict(const double x[COLUMNS], double o[OUTPUTS]); x are the columns",
        *names,
        "   where a missing number is NAN, and a category or a word the number that category(column, word) gives",
        "   (two words in any case, and 1, 0, true and false for them; -1 for others makes o NAN);",
        f"   o is {what}: {_comment(', '.join(answers))} */",
        "#include <ctype.h>",
        "#include <math.h>",
        "#include <string.h>",
        f"#define COLUMNS {len(columns)}",
        f"#define OUTPUTS {outputs}",
        f"enum {{ LAYERS = {shape.layers}, INPUTS = {shape.sizes[0]} }};",
    ]
    W, b = model.network.W, model.network.b
    for m in range(shape.layers):
        weights = ",\n    ".join(", ".join(repr(float(w)) for w in row) for row in W[m].T)
        head.append(f"static const double W{m + 1}[] = {{ /* a line a unit */\n    {weights}}};")
        biases = ", ".join(repr(float(v)) for v in b[m]) if shape.bias else "0"
        head.append(f"static const double b{m + 1}[{shape.sizes[m + 1]}] = {{{biases}}};")
    absent = Missing(model.inputs.missing)
    parts = ["\n".join(head), _categories(model)]
    if absent.finite:
        told = " || ".join(["isnan(x)", *(f"x == {number!r}" for number in absent.finite)])
        parts.append(f"/* Whether a number means a missing cell. */\nint gone(double x) {{ return {told}; }}")
    for name in dict.fromkeys(shape.activations):
        if name == "softmax":
            parts += [SOFTMAX, "static double S_softmax(double z) { return z; }"]
        else:
            parts.append(f"static double S_{name}(double z) {{ {FUNCTIONS[name]} }}")
    names = ", ".join(_string(column.name.strip()) for column in columns)
    missing = ", ".join(map(_string, sorted(absent.words | _large(absent))))
    forms = [written.form(column.name) for column in columns]
    dates = any(column.kind == "date" for column in columns)
    words = [
        f"#define DELIMITER {_character(written.delimiter)}",
        f"static const char *const NAMES[COLUMNS] = {{{names}}};",
        f"static const char *const MISSING[] = {{{missing}, 0}};",
        "/* how numbers are written: the decimal sign, and what may stand between thousands */",
        f"static const char DECIMALS[] = {{{', '.join(_character(form.decimal) for form in forms)}}};",
        f"static const char *const THOUSANDS[] = {{{', '.join(_string(form.thousands) for form in forms)}}};",
    ]
    if dates:
        orders = (
            _string(_order(form)) if column.kind == "date" else "0"
            for column, form in zip(columns, forms, strict=True)
        )
        words.append(f"static const char *const DATES[COLUMNS] = {{{', '.join(orders)}}};")
    signs = any(form.sign for form in forms)
    if signs:
        words.append(
            f"static const char *const SIGNS[COLUMNS] = {{{', '.join(_string(form.sign) for form in forms)}}};"
        )
    own = {
        "{told}": _string(written.told)[1:-1],
        "{date}": DATE if dates else "",
        "{dated}": DATED if dates else "",
        "{sign}": SIGN if signs else "",
        "{cut}": "    cut(SIGNS[column]);\n" if signs else "",
    }
    included, main = INCLUDED, MAIN  # not the names of columns, which may hold a place's name
    for place, text in own.items():
        included, main = included.replace(place, text), main.replace(place, text)
    return "\n\n".join([*parts, LAYER, _predict(model), included, "\n".join(words), main]) + "\n"


def _large(missing: Missing) -> set[str]:
    """The further words in other cases, where `same` does not know them: it knows those of ASCII only."""
    odd = [word for word in missing.further if not word.isascii()]
    return {form for word in odd for form in (word, word.upper(), word.title())}


def _character(sign: str) -> str:
    """A constant of one character, 0 for none."""
    return f"'{_string(sign)[1:-1]}'" if sign else "0"


def _order(form: Form) -> str:
    """The order of day, month and year, with what stands between them.

    >>> _order(Form(date="%d.%m.%Y %H:%M")), _order(Form())
    ('d.m.Y', 'Y-m-d')
    """
    return "Y-m-d" if form.date == "ISO" else form.date[:8].replace("%", "")


def _comment(text: str) -> str:
    """A text that neither ends a comment nor begins a line or another comment.

    >>> print(_comment("*/ system(); /*"))
    * / system(); / *
    """
    return one_line(text).replace("*/", "* /").replace("/*", "/ *")


def _string(text: str) -> str:
    """A constant in UTF-8, bytes that are no plain characters by their numbers.

    >>> print(_string('"grün"?'))
    "\\042gr\\303\\274n\\042\\077"
    """
    escaped = (
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\?' else f"\\{byte:03o}" for byte in text.encode()
    )
    return f'"{"".join(escaped)}"'


def _kind(column: Input) -> str:
    if isinstance(column, CategoryInput):
        return "category"
    return "days since 1970, in rows on stdin a date" if column.kind == "date" else column.kind


def _words(column: Input) -> tuple[str, ...]:
    if isinstance(column, CategoryInput):
        return column.categories
    if isinstance(column, BooleanInput):
        return (*(label.lower() for label in column.labels), *SAME_AS_LABELS)
    return ()


def _categories(model: Model) -> str:
    tables, entries = [], []
    for i, column in enumerate(model.inputs.columns):
        words = _words(column)
        if words:
            tables.append(f"static const char *const words{i}[] = {{{', '.join(map(_string, words))}, 0}};")
        entries.append(f"words{i}" if words else "0")
    two = ", ".join(str(int(isinstance(column, BooleanInput))) for column in model.inputs.columns)
    return "\n".join(
        [
            *tables,
            f"static const char *const *const CATEGORIES[COLUMNS] = {{{', '.join(entries)}}};",
            f"static const int TWO[COLUMNS] = {{{two}}}; /* where words are no, yes, no, yes, … in any case */",
            "",
            CATEGORY,
        ]
    )


def _predict(model: Model) -> str:
    shape, targets = model.network.shape, model.targets
    lines = ["void predict(const double *x, double *o) {", "    double y0[INPUTS];"]
    at, gone = 0, "gone" if Missing(model.inputs.missing).finite else "isnan"
    for i, column in enumerate(model.inputs.columns):
        for entry in _entries(column, f"x[{i}]", gone if column.kind == "number" else "isnan"):
            lines.append(f"    y0[{at}] = {entry};")
            at += 1
    for m, name in enumerate(shape.activations, 1):
        before, units = shape.sizes[m - 1], shape.sizes[m]
        lines.append(f"    double y{m}[{units}];")
        lines.append(f"    layer(y{m - 1}, {before}, W{m}, b{m}, {units}, y{m}, S_{name});")
        if name == "softmax":
            lines.append(f"    softmax(y{m}, {units});")
    last = f"y{shape.layers}"
    if targets.kind == "numbers":
        for k, scaling in enumerate(targets.scalings):
            lines.append(f"    o[{k}] = {last}[{k}] * {scaling.spread!r} + {scaling.center!r};")
        return "\n".join([*lines, "}"])
    off, on = targets.range or (0.0, 1.0)
    share = f"fmin(fmax(({last}[k] - {off!r}) / {on - off!r}, 0), 1)"
    if targets.single:
        lines.append(f"    o[1] = {share.replace('[k]', '[0]')};\n    o[0] = 1 - o[1];")
    elif targets.output == "softmax":
        lines.append(f"    for (int k = 0; k < OUTPUTS; k++) o[k] = {last}[k];")
    else:
        lines.append("    double sum = 0;")
        lines.append(f"    for (int k = 0; k < OUTPUTS; k++) sum += o[k] = {share};")
        lines.append("    for (int k = 0; k < OUTPUTS; k++) o[k] /= sum;")
    return "\n".join([*lines, "}"])


def _entries(column: Input, x: str, gone: str) -> list[str]:
    """gone : the function that says whether a number means a missing cell."""
    if isinstance(column, CategoryInput):
        entries = [f"{x} == {k}" for k in range(len(column.categories))]
        return [*entries, f"{x} == -2"] if column.missing else entries
    missing = "NAN" if column.missing != column.missing else repr(column.missing)
    if isinstance(column, BooleanInput):
        absent = [f"isnan({x}) || {x} == -2"] if column.indicator else []
        return [f"{x} == -1 ? NAN : isnan({x}) || {x} < 0 ? {missing} : {x}", *absent]
    absent = [f"{gone}({x})"] if column.indicator else []
    value = f"({gone}({x}) ? {missing} : {x})"
    center, spread = column.scaling.center, column.scaling.spread
    return [value if (center, spread) == (0.0, 1.0) else f"({value} - {center!r}) / {spread!r}", *absent]

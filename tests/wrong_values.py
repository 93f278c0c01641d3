"""Values that a primitive of FHIR may not have, and strange ones that it may: by type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

TEXTS = ("", " ", " lead", "trail ", 7, True, {}, [], ["a"], {"a": "b"}, "tab\there", "line\nbreak", "bell\u0007")
NUMBERS = (0, -1, 1.5, 1.0, 2**31, 2**31 - 1, -(2**31) - 1, 10**20, "5", True, {}, "", 1e2)
URIS = (
    *("", "a b", "rel/path", "#x", "#", "urn:uuid:BAD", "urn:oid:1.2.x", "urn:oid:1", "http://", "http://a.example|1"),
    *(
        "http://a.example|",
        "http://a.example/x y",
        "http://[x]",
        "htp:x",
        "mailto:a@b.example",
        "urn:x",
        "urn:",
        7,
        " ",
    ),
    *("http://hl7.org/fhir/StructureDefinition/Unheard", "http://hl7.org/fhir/sid/unheard", "http://hl7.org/fhir/x"),
    *("urn:uuid:C757873D-EC9A-4326-A141-556F43239520", "urn:uuid:c757873d-ec9a-4326-a141-556f43239520"),
    *(
        "urn:oid:2.16.840.1.113883.3.1",
        "urn:oid:02.16",
        "urn:oid:2.16.840.",
        "http://a.example/ü",
        "http://a.example/{x}",
    ),
    *("http://a.example/x#y", "http://a.example/x|1#y", "2.16.840.1", "http://invented example", "a:b", "Patient/1"),
    *("https://a.example/\\x", "http:/a.example", "http://a.example/%zz", "http://a.example/<x>", "http://a.example "),
)
DAYS = (
    *("", " ", "2024-02-30", "2023-02-29", "2024-13", "2024-00", "24-01-01", "2024-1-1", "2024-01-00", "2024-01-32"),
    *("0000", "0001", "1582-10-10", "1799", "2100-01-01", "9999", "10000", " 2024", "2024 ", "20240101", 2024, "2024-"),
    *("2024-01-", "2024-04-31", "yesterday", True, {}, "2024-01-01T", "2024/01/01", "01.02.2024", "2024-06"),
)
MOMENTS = (
    *("2024-01-01T10:00Z", "2024-01-01T10:00:00", "2024-01-01T24:00:00Z", "2024-01-01T10:00:60Z", "2024-01-01"),
    *("2024-01-01T10:00:00+14:00", "2024-01-01T10:00:00+14:30", "2024-01-01T10:00:00+25:00", "2024-01-01T10:60:00Z"),
    *("2024-01-01T10:00:00.1Z", "2024-01-01T10:00:00.123456789Z", "2024-01-01T10:00:00.Z", "2024-01-01 10:00:00Z"),
    *(
        "2024-01-01T10:00:00z",
        "2024-01-01t10:00:00Z",
        "2024-01-01T1:00:00Z",
        "2024-01-01T10:00:00+0100",
        "2024-01T10:00Z",
    ),
    *("2024-01-01T23:59:60Z", "2024-01-01T10:00:00-00:00", "2024-02-30T10:00:00Z", "2024-01-01T10Z"),
)
CLOCK = (
    "10:00",
    "24:00:00",
    "10:00:60",
    "23:59:60",
    "10:00:00.1234",
    "10:00:00Z",
    "1:00:00",
    "",
    " ",
    10,
    "ten",
    "10:60:00",
)
IDS = ("", " ", "a_b", "x" * 64, "x" * 65, "a b", "ü", "a/b", 7, True, {}, "#a", ".", "-", "a\n", "A.b-1", "urn:uuid:x")
CODES = ("", " ", " a", "a ", "a  b", "a b", "unheard", "UNHEARD", "a\tb", "a\nb", 7, True, {}, [], "a" * 300, "ü")
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">'
XHTML = (
    *("", " ", "text", "<div>no name space</div>", '<div xmlns="http://w3.org/1999/xhtml">x</div>', f"{DIV}</div>"),
    *(
        f"{DIV}{inner}</div>"
        for inner in (" ", "\n", "<p/>", "<p> </p>", "<br/>", "<img src='a.png' alt='x'/>", "<hr/>")
    ),
    *(f"{DIV}{inner}</div>" for inner in ("<script>x</script>", "<p onclick='x()'>x</p>", "<iframe>x</iframe>")),
    *(f"{DIV}{inner}</div>" for inner in ("<form><input/></form>x", "<unheard>x</unheard>", "<P>x</P>", "<p>x")),
    *(f"{DIV}{inner}</div>" for inner in ("<p>x</div>", "x & y", "x &amp; y", "x&nbsp;y", "x&unheard;y", "x &#160;")),
    *(f"{DIV}{inner}</div>" for inner in ("<!-- x -->", "<!-- x -->y", "<![CDATA[x]]>", "<?pi x?>y", "&#x1F600;")),
    *(f"{DIV}{inner}</div>" for inner in ("<a href='javascript:x()'>x</a>", "<a href='#x'>x</a>", "<a name='x'>x</a>")),
    *(f"{DIV}{inner}</div>" for inner in ("<style>p{}</style>x", "<p style='color:red'>x</p>", "<p class='x'>x</p>")),
    *(
        f"{DIV}{inner}</div>"
        for inner in ("<link href='x'/>x", "<object>x</object>", "<table><tr><td>x</td></tr></table>")
    ),
    *(
        f"{DIV}{inner}</div>"
        for inner in ("<h1>x</h1>", "<h7>x</h7>", "<font color='red'>x</font>", "<u>x</u>", "<p id='a'>x</p>")
    ),
    *(
        f"{DIV}{inner}</div>"
        for inner in ("<p lang='en'>x</p>", "<p xml:lang='en'>x</p>", "<p data-x='1'>x</p>", "<p foo='1'>x</p>")
    ),
    *(
        f"{DIV}{inner}</div>"
        for inner in ("<svg xmlns='http://www.w3.org/2000/svg'/>x", "<td>x</td>", "<ul><li>x</li></ul>")
    ),
    *(
        f"{DIV}{inner}</div>"
        for inner in ("<p title=x>x</p>", "<p><p>x</p></p>", "<img src='#a'/>x", "<center>x</center>")
    ),
    *(
        f"{DIV}{inner}</div>"
        for inner in ("<p title='a' title='b'>x</p>", "<b><i>x</b></i>", "x < y", "x > y", "<body>x</body>")
    ),
    *(
        "<p xmlns='http://www.w3.org/1999/xhtml'>x</p>",
        f"{DIV}x</div><div>y</div>",
        f"{DIV}x</div>tail",
        f"<?xml?>{DIV}x</div>",
    ),
    *(f"<!DOCTYPE div>{DIV}x</div>", f" {DIV}x</div> ", "<DIV>x</DIV>", f"<!-- x -->{DIV}x</div>", 7, {}, True),
    '<div xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en">x</div>',
    '<h:div xmlns:h="http://www.w3.org/1999/xhtml">x</h:div>',
)
SHARED: dict[str, tuple[Any, ...]] = {
    "string": TEXTS,
    "markdown": (*TEXTS, "<script>alert(1)</script>", "<b>bold</b>", "a\u0000b", "[x](javascript:x)"),
    "code": CODES,
    "id": IDS,
    "boolean": ("true", "false", 1, 0, "", {}, [True], "True", 1.0),
    "integer": NUMBERS,
    "positiveInt": NUMBERS,
    "unsignedInt": NUMBERS,
    "integer64": (
        5,
        "-5",
        "1.0",
        "9223372036854775807",
        "9223372036854775808",
        "-0",
        "01",
        "",
        " ",
        "+1",
        "x",
        True,
        {},
    ),
    "decimal": ("5", "", True, {}, [1.5], 10**30, -1.5, 0, 1e-7, 1e300, 123456789.123456789, "NaN"),
    "date": (*DAYS, *MOMENTS[:3]),
    "dateTime": (*DAYS, *MOMENTS),
    "instant": (*DAYS, *MOMENTS),
    "time": CLOCK,
    "uri": URIS,
    "url": URIS,
    "canonical": (*URIS, "http://a.example|1|2", "https://invented.example/fhir/Patient/1", "http://a.example|1 2"),
    "oid": (
        "",
        "urn:oid:1",
        "urn:oid:3.1",
        "urn:oid:2.01",
        "2.16",
        "urn:oid:",
        "urn:oid:2.16.x",
        7,
        "URN:OID:2.16",
        "a b",
    ),
    "uuid": (
        *("", "urn:uuid:", "urn:uuid:x", "c757873d-ec9a-4326-a141-556f43239520", 7, "urn:oid:2.16"),
        *("urn:uuid:C757873D-EC9A-4326-A141-556F43239520", "urn:uuid:c757873dec9a4326a141556f43239520", "a b"),
    ),
    "base64Binary": (
        "",
        "a",
        "YQ==",
        "YQ= =",
        "YQ",
        "!!!!",
        "YQ==YQ==",
        " YQ== ",
        "YW\nJj",
        7,
        {},
        "=",
        "YWJj ",
        "YWJ=",
    ),
    "xhtml": XHTML,
}


def short(value: Any) -> str:
    """Spell a value for a name; a long one by its ends and length."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:20]}…{text[-30:]} ({len(text)})"


def wrong_values(kind: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Give other values for a primitive, with a name each."""
    for other in SHARED.get(kind, ()):
        if other != value or type(other) is not type(value):
            yield f"= {short(other)}", other
    if isinstance(value, str) and kind == "code":
        yield "in capitals", value.upper()
        yield "with a tail", f"{value}x"
    if isinstance(value, str) and kind in ("string", "markdown") and value:
        yield "in blanks", f"  {value}  "

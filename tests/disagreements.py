"""Why we and HL7's engine disagree, by the beginning of a kind's name (HL7's message id, or our rule or words)."""

_LATER = "we report it one element higher: the engine looks into an extension of a wrong kind"
_LINKS = "links inside documents and messages whose first resource or full urls are broken themselves"
EXPLANATIONS = {
    "Validation_VAL_Profile_NotAllowed": _LATER,
    "Terminology_TX_Code_ValueSet_MISSING": _LATER,
    "Extension_EXT_SubExtension_Invalid": "a part of a cross-version extension whose url is no text or is HL7's own",
    "Bundle_BUNDLE_Entry_NotFound": _LINKS,
    "BUNDLE_BUNDLE_ENTRY_NOTFOUND_CANNOT": _LINKS,
    "Bundle_BUNDLE_Entry_Orphan_DOCUMENT": _LINKS,
    "BUNDLE_SEARCH_ENTRY_WRONG_RESOURCE_TYPE": "the engine compares with the search of the self link",
    "BUNDLE_BUNDLE_ENTRY_FULLURL_REQUIRED": "a full url that cannot be read: we report it where it is",
    "Resource_RES_ID_Malformed_Chars": "the engine's location holds the broken id with its line break",
    "TYPE_SPECIFIC_CHECKS_DT_ATT_B64_DECODE_FAIL": "the engine compares hash and data; we look at their form only",
    "structure: _ _ may occur only once": "the engine doesn't count R5 elements that are extensions",
    "structure: _ has no part _": "the engine lets an extension be beside the parts of a cross-version one",
    "structure: _ is a _ _": "a reference with a fragment after the id: the engine doesn't read its type",
}

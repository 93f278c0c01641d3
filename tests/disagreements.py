"""Why we and HL7's engine disagree, by the beginning of a kind's name (HL7's message id, or our rule or words)."""

_INNER = "a follow-up in an element that can't be read, which we report: the engine sees what is left of it otherwise"
EXPLANATIONS = {
    "ORACLE_NOT_OBJECT": "an empty array in place of a resource: `validate` takes an array as a list of resources",
    "Terminology_PassThrough_TX_Message": (
        "R4, R4B: languages of three letters ('fil', 'und'), right by BCP 47, of which the engine knows none;"
        " R5: a required unit that is no unit, an unassigned language of three letters"
    ),
    "Terminology_TX_System_ValueSet2": "a value set as the system of a Coding: the engine minds only in some elements",
    "Bundle_BUNDLE_Entry_Document": "we report that a document has no Composition at the Bundle (bdl-11)",
    "Bundle_BUNDLE_Entry_Orphan_DOCUMENT": "entries of a document whose links can't be read",
    "Meta_RES_Security_Duplicate": "a label that occurs twice, which the engine reports at an element that isn't there",
    "INVARIANT": _INNER,
    "Reference_REF_Format2": "a number as a reference: we report it where it is, the engine at its holder too",
    "Type_Specific_Checks_DT_Primitive_Regex_Type": (
        "an exponent with a leading zero (1e-07), which is lost when JSON is read"
    ),
    "Validation_VAL_Profile_NotAllowed": "an unknown part of an extension, which we report: the engine looks into it",
    "value: the system _ is not absolute": "a relative system in Signature.type, which the engine doesn't look at",
    "code-invalid: a language is a tag": "R4, R4B: a code of v2-0203, which the engine takes for a language",
    "bdl-3a": "an entry of an abstract type, which we report: the engine counts it as a resource all the same",
    "structure: the profile _ is for _": "the engine doesn't look at profiles of what a history Bundle holds",
}

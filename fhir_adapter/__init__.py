"""Clinical trial registry records to HL7 FHIR and back."""

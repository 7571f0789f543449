"""The road to Serviceplatformen: one HTTPS call there, one answer back."""

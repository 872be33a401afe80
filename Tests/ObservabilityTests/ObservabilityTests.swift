// Tests of Observability.

//! Cedar: schema, loading, verdicts, explain.

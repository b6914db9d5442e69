"""The catalogues: every sentence a person reads, in English and in Chinese."""

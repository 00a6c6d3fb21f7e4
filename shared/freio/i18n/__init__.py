"""What Freio says, in its reader's language: the catalogues, and how money, times and numbers are written."""

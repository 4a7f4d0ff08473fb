"""The data folder as a whole: backups, resets, the doctor, and what a crash leaves."""

"""What several pages share: the frame, jobs, gold and highlighted text."""

"""One definition of each chart, for page, PDF and Slack alike."""

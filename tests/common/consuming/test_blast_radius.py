"""What one submitter sends stops nobody else, and a step that cannot be carried out can be given up."""

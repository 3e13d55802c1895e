"""What is trained on: checked, in the order of the policy, drawn by shares."""

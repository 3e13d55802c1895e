"""Who commands the arms, a policy or a human, and what each of them wants."""

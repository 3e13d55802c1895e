"""Forward kinematics of the arm, of its links and control points."""

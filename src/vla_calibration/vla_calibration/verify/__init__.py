"""Is a camera still where it was calibrated?"""

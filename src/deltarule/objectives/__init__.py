"""What is minimised: functions of θ that answer value, gradient, and where they can residuals and curvature."""

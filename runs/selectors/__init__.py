"""Reading runs. Every query takes the caller, and what the caller may not see is not there."""

"""Why a network does not learn: gradients that vanish or explode, and other faults; measures, verdicts, remedies."""

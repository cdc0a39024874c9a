"""The Vietnamese language as the other rooms need it: letters, syllables, tones, folding."""

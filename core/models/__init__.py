"""The models of this machine: which there are, how they come here, what they compute on."""

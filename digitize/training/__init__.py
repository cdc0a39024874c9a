"""How the weights of our line reader are made: pictures of lines, the network, the training, the choice.

Never imported when Motcua runs. Needs requirements/train.txt and the font packages that `faces` names.
"""

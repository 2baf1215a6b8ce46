"""communicatord, for which a silence of a second is enough to end a conversation of a shadow; all else is as it is."""

from communicator.daemon.main import main
from communicator.router.cores import sampling

sampling.SILENCE_S = 1.0
main()

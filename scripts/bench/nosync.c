/* Laid before the program that fills the store of a million messages: how soon they are durable is not what is measured. */
int fsync(int file) { return file < 0 ? -1 : 0; }
int fdatasync(int file) { return file < 0 ? -1 : 0; }

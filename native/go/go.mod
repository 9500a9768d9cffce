module pageheap/replayer

go 1.18

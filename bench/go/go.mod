module pageheap-bench

go 1.19

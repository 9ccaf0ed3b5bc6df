package main

import "os"

func main() {
	soft, hard := interrupted()
	os.Exit(Main(soft, hard, os.Args[1:], os.Stdout, os.Stderr))
}

module toolset/load

go 1.26.0

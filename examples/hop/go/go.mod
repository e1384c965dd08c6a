module hop

go 1.21

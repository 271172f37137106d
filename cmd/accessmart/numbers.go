package main

import "strconv"

// seconds is a duration in seconds with one decimal, as listings show it.
func seconds(s float64) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(s, 'f', 1, 64), 64)
	return v
}

// Package balkanid speaks BalkanID's bulk download API: POST of a path ending
// in /download-url gives a polling URL and a download URL, both signed; HEAD
// of the first is 404 until the file is there; GET of the second gives it.
//
// Facts: developer.balkan.id. Not documented, and therefore configurable: the
// bodies of most requests, and the body field that limits entitlements to one
// integration. There is no job id: a job that was cut off is asked for anew.
package balkanid

// Package extract fetches exports and leaves them on disk: the vendor's bytes
// as artifacts, and one manifest ([schemas.Export]) for each dataset asked for.
//
//	Extractor.Run ─▶ Vendor.Jobs ─▶ Job.Fetch(Task) ─▶ Task.Async, List, Download, Keep
//	                                   │                        │
//	                            vendor's protocol     retry, tokens, rate, poll loop,
//	                            (extract/<vendor>)    download checks, Store, resume journal
//
// A vendor package knows paths, bodies and status words, nothing else.
// Everything that is policy is here, once.
//
// Invariants:
//   - Each dataset asked for ends in exactly one saved manifest, complete or
//     with Error and Failure set. One dataset's failure does not stop others.
//   - An artifact is stored only when it arrived whole, and is never changed.
//   - Credentials go only to the vendor's own host. A pre-signed URL and a
//     redirect to another host are fetched without any.
//   - No secret, signed URL, body or cell value is in an error, log line,
//     event, manifest or journal.
//   - A status word that is not known to mean 'pending' ends the job.
package extract

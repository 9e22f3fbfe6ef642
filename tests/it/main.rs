//! The application from outside: over HTTP, with a fake Klaviyo on loopback, asking the store what was kept.

mod api;
mod binary;
mod catalog;
mod cli;
mod consent;
mod crash;
mod deletions;
mod klaviyo;
mod members;
mod numbers;
mod pages;
mod predictions;
mod runs;
mod support;
mod sync;
mod tidy;
mod trouble;
mod windows;

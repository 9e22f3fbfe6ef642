//! The application from outside: over HTTP, with a fake Klaviyo on loopback, asking the store what was kept.

mod api;
mod binary;
mod catalog;
mod cli;
mod crash;
mod klaviyo;
mod numbers;
mod pages;
mod storm;
mod support;
mod sync;
mod tidy;
mod trouble;

//! The application from outside: over HTTP, with a fake Klaviyo on loopback, asking the store what was kept.

mod answers;
mod api;
mod binary;
mod catalog;
mod cli;
mod consent;
mod crash;
mod deletions;
mod first;
mod klaviyo;
mod members;
mod numbers;
mod openapi;
mod pages;
mod predictions;
mod reconciliation;
mod reports;
mod repository;
mod runs;
mod storm;
mod support;
mod sync;
mod tidy;
mod trouble;
mod windows;

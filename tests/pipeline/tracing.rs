//! What a subscriber of `tracing` is told of a call: enough to find it, and nothing of what went in or out.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use openskills_runtime::{Answer, ExecutionOptions, Question};
use openskills_tests::Scenario;
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// A subscriber that keeps what it is told: the least that there can be.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Span>>>);

#[derive(Clone, Debug)]
struct Span {
    name: &'static str,
    fields: BTreeMap<&'static str, String>,
}

impl Visit for Span {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.insert(field.name(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("openskills_runtime")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut span = Span { name: attributes.metadata().name(), fields: BTreeMap::new() };
        attributes.record(&mut span);
        let mut spans = self.0.lock().unwrap();
        spans.push(span);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        values.record(&mut self.0.lock().unwrap()[usize::try_from(id.into_u64()).unwrap() - 1]);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn each_stage_of_a_call_is_a_span_that_names_the_skill_and_never_what_it_works_on() {
    const SECRET: &str = "t0ps3cret";
    let spans = Spans::default();
    let records = tracing::subscriber::with_default(spans.clone(), || {
        let stage = Scenario::new()
            .allowed_tools("Env(KEY)")
            .environment(&[("KEY", SECRET)])
            .guest("vars")
            .approver(|_: &Question| Answer::Once)
            .with(openskills_runtime::RuntimeBuilder::no_cache)
            .ready();
        stage.run(json!({ "get": ["KEY"] })).unwrap();
        let _ = stage.run(json!({ "get": SECRET }));
        let _ = stage.runtime.execute_skill("missing", json!({}), ExecutionOptions::default());
        stage.records.records()
    });
    let found = spans.0.lock().unwrap().clone();
    let named = |name| found.iter().filter(|span| span.name == name).collect::<Vec<_>>();
    assert_eq!(named("discover")[0].fields["skills"], "1");
    assert_eq!(named("load")[0].fields["skill"], "tried");
    assert_eq!(named("compile")[0].fields["component"], records[0].component_sha256);
    let asked = &named("ask")[0].fields;
    assert_eq!((asked["skill"].as_str(), asked["rule"].as_str()), ("tried", "Env(KEY)"));
    let calls = named("call");
    for (span, record) in calls.iter().zip(&records) {
        assert_eq!((span.fields["skill"].as_str(), &span.fields["id"]), ("tried", &record.id));
        assert_eq!(span.fields["outcome"], record.outcome.name());
    }
    assert_eq!((calls.len(), calls[2].fields["outcome"].as_str()), (3, "SkillNotFound"));
    assert!(!format!("{found:?}").contains(SECRET));
}

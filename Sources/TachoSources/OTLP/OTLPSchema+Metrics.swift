extension OTLPSchema {
    /// What a metric says of itself, beside its points.
    static let metric: [OTLPField] = [
        OTLPField(1, "name", "name", .text),
        OTLPField(2, "description", "description", .text),
        OTLPField(3, "unit", "unit", .text),
        OTLPField(12, "metadata", "metadata", .attributes),
    ]

    /// One of the five forms a metric's points come in.
    struct Points: Sendable {
        let number: UInt64
        /// In our events.
        let name: StaticString
        let jsonName: StaticString
        let point: [OTLPField]
    }

    static let points = [
        Points(number: 5, name: "gauge", jsonName: "gauge", point: numberPoint),
        Points(number: 7, name: "sum", jsonName: "sum", point: numberPoint),
        Points(number: 9, name: "histogram", jsonName: "histogram", point: histogramPoint),
        Points(
            number: 10, name: "exponential_histogram", jsonName: "exponentialHistogram",
            point: exponentialPoint),
        Points(number: 11, name: "summary", jsonName: "summary", point: summaryPoint),
    ]

    /// What is said once for all points of a metric; gauges and summaries have none of it.
    static let pointsHead: [OTLPField] = [
        OTLPField(2, "aggregation_temporality", "aggregationTemporality", .number),
        OTLPField(3, "is_monotonic", "isMonotonic", .flag),
    ]

    private static let start = OTLPField(
        2, "start_time_unix_nano", "startTimeUnixNano", .fixed64)
    private static let time = OTLPField(3, "time_unix_nano", "timeUnixNano", .fixed64)

    private static let numberPoint: [OTLPField] = [
        start, time,
        OTLPField(4, "as_double", "asDouble", .real, optional: true),
        OTLPField(6, "as_int", "asInt", .signedFixed64, optional: true),
        OTLPField(7, "attributes", "attributes", .attributes),
        OTLPField(5, "exemplars", "exemplars", .message(exemplar), repeated: true),
        OTLPField(8, "flags", "flags", .count),
    ]

    private static let histogramPoint: [OTLPField] = [
        start, time,
        OTLPField(4, "count", "count", .fixed64),
        OTLPField(5, "sum", "sum", .real, optional: true),
        OTLPField(11, "min", "min", .real, optional: true),
        OTLPField(12, "max", "max", .real, optional: true),
        OTLPField(6, "bucket_counts", "bucketCounts", .fixed64, repeated: true),
        OTLPField(7, "explicit_bounds", "explicitBounds", .real, repeated: true),
        OTLPField(9, "attributes", "attributes", .attributes),
        OTLPField(8, "exemplars", "exemplars", .message(exemplar), repeated: true),
        OTLPField(10, "flags", "flags", .count),
    ]

    private static let exponentialPoint: [OTLPField] = [
        start, time,
        OTLPField(4, "count", "count", .fixed64),
        OTLPField(5, "sum", "sum", .real, optional: true),
        OTLPField(12, "min", "min", .real, optional: true),
        OTLPField(13, "max", "max", .real, optional: true),
        OTLPField(6, "scale", "scale", .zigzag),
        OTLPField(7, "zero_count", "zeroCount", .fixed64),
        OTLPField(14, "zero_threshold", "zeroThreshold", .real),
        OTLPField(8, "positive", "positive", .message(buckets)),
        OTLPField(9, "negative", "negative", .message(buckets)),
        OTLPField(1, "attributes", "attributes", .attributes),
        OTLPField(11, "exemplars", "exemplars", .message(exemplar), repeated: true),
        OTLPField(10, "flags", "flags", .count),
    ]

    private static let buckets: [OTLPField] = [
        OTLPField(1, "offset", "offset", .zigzag),
        OTLPField(2, "bucket_counts", "bucketCounts", .count, repeated: true),
    ]

    private static let summaryPoint: [OTLPField] = [
        start, time,
        OTLPField(4, "count", "count", .fixed64),
        OTLPField(5, "sum", "sum", .real),
        OTLPField(
            6, "quantile_values", "quantileValues", .message(quantile), repeated: true),
        OTLPField(7, "attributes", "attributes", .attributes),
        OTLPField(8, "flags", "flags", .count),
    ]

    private static let quantile: [OTLPField] = [
        OTLPField(1, "quantile", "quantile", .real),
        OTLPField(2, "value", "value", .real),
    ]

    private static let exemplar: [OTLPField] = [
        OTLPField(2, "time_unix_nano", "timeUnixNano", .fixed64),
        OTLPField(3, "as_double", "asDouble", .real, optional: true),
        OTLPField(6, "as_int", "asInt", .signedFixed64, optional: true),
        OTLPField(7, "filtered_attributes", "filteredAttributes", .attributes),
        OTLPField(5, "trace_id", "traceId", .id),
        OTLPField(4, "span_id", "spanId", .id),
    ]
}

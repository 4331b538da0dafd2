using System.Runtime.CompilerServices;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Quorate.Models.Pipeline;

namespace Quorate.Cli.Serving;

/// <summary>Sends spans of requests, questions and models' calls to an OpenTelemetry collector where one is named in the environment.</summary>
internal static class Traces
{
    /// <summary>The variable by OpenTelemetry's own specification; the exporter reads its others (protocol, headers, timeout) too.</summary>
    public const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <returns>Sends what is left when it is disposed of; null without an endpoint.</returns>
    public static IDisposable? Start() => string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(EndpointVariable)) ? null : Export();

    // Apart, so that nothing of it is loaded where nobody asked for it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TracerProvider Export() => Sdk.CreateTracerProviderBuilder()
        .ConfigureResource(r => r.AddService("quorate").AddEnvironmentVariableDetector())
        .AddSource(Tracing.SourceName, "Microsoft.AspNetCore")
        .AddOtlpExporter()
        .Build();
}

using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using KestrelServerOptions = Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions;

namespace Quorate.Lab.Hosting;

/// <summary>What every role has: a port, JSON logs, <c>/metrics</c>, <c>/healthz</c>, and one place where failures become answers.</summary>
internal sealed class RoleHost
{
    /// <summary>Bytes of a request body.</summary>
    private const long MaxBody = 16 * 1024;
    private const long MaxConnections = 512;

    private readonly string service;
    private readonly IPEndPoint endpoint;

    private RoleHost(string program, string service, IPEndPoint endpoint)
    {
        (Program, this.service, this.endpoint) = (program, service, endpoint);
        Metrics = new Metrics(program);
        Log = new JsonLog(service, Time);
        Health = new HealthChecks(Time);
    }

    /// <summary>Lower case; begins the names of metrics and, in upper case, of the environment's variables.</summary>
    public string Program { get; }

    /// <summary>More addresses than the one that every role has.</summary>
    public Action<KestrelServerOptions>? Listen { get; set; }

    public TimeProvider Time { get; } = TimeProvider.System;

    public JsonLog Log { get; }

    public Metrics Metrics { get; }

    public HealthChecks Health { get; }

    public static RoleHost Create(string program, string role, int defaultPort)
    {
        string prefix = program.ToUpperInvariant();
        string listen = Env.Text($"{prefix}_LISTEN", "127.0.0.1");
        if (!IPAddress.TryParse(listen, out IPAddress? address))
        {
            throw new UsageException($"{prefix}_LISTEN={listen} must be an IP address");
        }
        return new RoleHost(program, Env.Text($"{prefix}_SERVICE", role), new IPEndPoint(address, Env.Integer($"{prefix}_PORT", defaultPort, 1, 65_535)));
    }

    /// <summary>Serves until the process is told to stop; <paramref name="background"/> runs beside the server.</summary>
    public async Task<int> RunAsync(Action<WebApplication> map, Func<CancellationToken, Task>? background = null)
    {
        WebApplication app = Build();
        app.Use(AnswerAsync);
        app.MapGet("/healthz", HealthAsync);
        app.MapGet("/metrics", MetricsAsync);
        map(app);
        await app.StartAsync();
        Log.Info("listening", ("address", endpoint.ToString()), ("pid", Environment.ProcessId.ToString()));
        // The first look at each dependency takes longest; it is done before anybody waits for it.
        Task warm = Health.RunAsync(app.Lifetime.ApplicationStopping);
        Task work = background?.Invoke(app.Lifetime.ApplicationStopping) ?? Task.CompletedTask;
        await app.WaitForShutdownAsync();
        Log.Info("stopped");
        await work;
        await warm.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return 0;
    }

    private WebApplication Build()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(1));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBody;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Listen(endpoint);
            Listen?.Invoke(kestrel);
        });
        if (Listen is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }
        return builder.Build();
    }

    private async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        bool counted = context.Request.Path.Value is not ("/healthz" or "/metrics");
        long started = Time.GetTimestamp();
        Metrics.Enter();
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away; 499 is the status that proxies log for it.
            context.Response.StatusCode = 499;
        }
        catch (BadHttpRequestException refused)
        {
            await context.RefuseAsync(refused.StatusCode, refused.Message);
        }
        catch (DependencyException failure)
        {
            await context.AnswerAsync(failure.TimedOut ? 504 : 503, new Problem(failure.Message, failure.Dependency), HostJson.Default.Problem);
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            Log.Error($"{context.Request.Method} {context.Request.Path} failed: {failure.Message}", failure, ("service", service));
            await context.RefuseAsync(500, failure.Message);
        }
        finally
        {
            Metrics.Leave();
            if (counted)
            {
                Metrics.Answered(context.Response.StatusCode, Time.GetElapsedTime(started));
            }
        }
    }

    private async Task HealthAsync(HttpContext context)
    {
        HealthReport report = await Health.RunAsync(context.RequestAborted);
        if (report.Status != "ok")
        {
            string failing = string.Join("; ", report.Checks.Where(c => c.Value != "ok").Select(c => $"{c.Key}: {c.Value}"));
            Log.Warn($"not ready: {failing}", null);
        }
        await context.AnswerAsync(report.Status == "ok" ? 200 : 503, report, HostJson.Default.HealthReport);
    }

    private Task MetricsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        return context.Response.WriteAsync(Metrics.Print(), context.RequestAborted);
    }
}

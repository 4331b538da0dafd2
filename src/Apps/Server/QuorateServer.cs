using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Quorate.Contracts;
using Quorate.Server.Endpoints;
using Quorate.Server.Jobs;
using Quorate.Server.Metrics;
using Quorate.Server.OpenAi;
using Quorate.Server.Requests;
using Quorate.Server.Security;

namespace Quorate.Server;

/// <summary>Puts the server together.</summary>
public static class QuorateServer
{
    private const int MaxConnections = 1_000;
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(8);

    /// <summary>Started and stopped by its caller; no signal handler is set. Stopping hands running jobs back to the store.</summary>
    /// <exception cref="QuorateException">Input: an address is none.</exception>
    public static WebApplication Build(ServerSettings settings, ServerParts parts)
    {
        // Empty: no settings files or variables but Quorate's own decide what this server does.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listen(kestrel, settings));
        builder.Logging.Services.AddLogging(logging => parts.Logging?.Invoke(logging));
        AddServices(builder.Services, settings, parts);
        var app = builder.Build();
        Use(app, settings, parts);
        app.MapAccounts();
        app.MapQuestions();
        app.MapJobs();
        app.MapHistory();
        app.MapCatalog();
        app.MapAgents();
        app.MapUpkeep();
        app.MapOpenAi();
        return app;
    }

    /// <summary>Where a started server listens, with the ports that it got.</summary>
    public static IReadOnlyList<string> Addresses(WebApplication app) =>
        [.. app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses];

    private static void Listen(KestrelServerOptions kestrel, ServerSettings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = settings.MaxBodyBytes;
        kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
        kestrel.Limits.MaxConcurrentConnections = MaxConnections;
        foreach (var url in settings.Urls)
        {
            var at = ServerAddress.Parse(url);
            if (at.Address is null)
            {
                kestrel.ListenLocalhost(at.Port);
            }
            else
            {
                kestrel.Listen(at.Address, at.Port);
            }
        }
    }

    private static void AddServices(IServiceCollection services, ServerSettings settings, ServerParts parts)
    {
        services.AddSingleton(settings);
        services.AddSingleton(parts);
        services.AddSingleton(new AccountService(parts.Accounts, parts.Time, parts.Ids));
        services.AddSingleton(new CallerCache(parts.Time));
        services.AddSingleton<ServerMetrics>();
        services.AddSingleton<JobRunner>();
        services.AddSingleton<PanelRuns>();
        services.AddHostedService(provider => provider.GetRequiredService<JobRunner>());
        services.AddSingleton<IHostLifetime, NoSignals>();
        services.Configure<HostOptions>(o => o.ShutdownTimeout = ShutdownTimeout);
        services.AddRouting();
        // Traces are not kept here, so their ids would tell nobody anything.
        services.AddProblemDetails(o => o.CustomizeProblemDetails = c => c.ProblemDetails.Extensions.Remove("trace_id"));
        services.ConfigureHttpJsonOptions(o => Copy(QuorateJson.Options, o.SerializerOptions));
        services.AddOpenApi("v1", o => o.AddDocumentTransformer((document, _, _) =>
        {
            document.Info.Title = "Quorate";
            // The address is whichever the client used.
            document.Servers?.Clear();
            return Task.CompletedTask;
        }));
        services.AddAuthentication(CallerAuthentication.Scheme).AddScheme<AuthenticationSchemeOptions, CallerAuthentication>(CallerAuthentication.Scheme, null);
        services.AddAuthorization(Roles.Set);
        services.AddRateLimiter(o => RateLimits.Set(o, settings));
        services.AddRequestTimeouts(o => o.DefaultPolicy = new RequestTimeoutPolicy { Timeout = settings.RequestTimeout, TimeoutStatusCode = StatusCodes.Status504GatewayTimeout });
    }

    private static void Use(WebApplication app, ServerSettings settings, ServerParts parts)
    {
        app.UseSecurityHeaders();
        app.UseRequestMetrics(app.Services.GetRequiredService<ServerMetrics>(), parts.Time);
        app.UseProblemAnswers(app.Logger);
        app.UseBodyLimit(settings.MaxBodyBytes);
        app.UseRouting();
        app.UseRequestTimeouts();
        app.UseCrossOriginCheck();
        app.UseAuthentication();
        app.UseRateLimiter();
        app.UseAuthorization();
    }

    private static void Copy(JsonSerializerOptions from, JsonSerializerOptions to)
    {
        to.PropertyNamingPolicy = from.PropertyNamingPolicy;
        to.DictionaryKeyPolicy = from.DictionaryKeyPolicy;
        to.DefaultIgnoreCondition = from.DefaultIgnoreCondition;
        to.Encoder = from.Encoder;
        foreach (var converter in from.Converters)
        {
            to.Converters.Add(converter);
        }
    }

    /// <summary>Whoever started the server ends it.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

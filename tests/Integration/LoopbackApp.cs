using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Quorate.Tests.Integration;

/// <summary>Web servers for tests.</summary>
internal static class LoopbackApp
{
    /// <summary>Not started yet: quiet, on a free port of the loopback address.</summary>
    public static WebApplication Create()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        return builder.Build();
    }
}

using Microsoft.AspNetCore.Routing;

namespace Quorate.Server.OpenAi;

/// <summary>The panel and its members as models of OpenAI's API.</summary>
internal static class OpenAiEndpoints
{
    public static void MapOpenAi(this IEndpointRouteBuilder app)
    {
        app.MapChat();
        app.MapModels();
        app.MapEmbeddings();
    }
}

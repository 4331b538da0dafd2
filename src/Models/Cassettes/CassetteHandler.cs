using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Quorate.Models.Cassettes;

public enum CassetteMode
{
    Off,

    /// <summary>Calls go to the server, and what it answers is kept.</summary>
    Record,

    /// <summary>What was kept is answered, and nothing touches the network.</summary>
    Replay,
}

/// <summary>
/// Keeps and gives back a server's raw answers, failures and broken streams included, by the request's hash and how often it has been
/// sent by this process. It sits below HTTP's client and not beside the other concerns, for only there are answers what the server sent,
/// byte by byte. Requests' headers, so keys, are never kept.
/// </summary>
internal sealed class CassetteHandler(HttpMessageHandler inner, string folder, CassetteMode mode) : DelegatingHandler(inner)
{
    private readonly ConcurrentDictionary<string, int> _sent = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var hash = await HashAsync(request, cancellationToken);
        var occurrence = _sent.AddOrUpdate(hash, 1, (_, n) => n + 1);
        var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{hash}-{occurrence}.http"));
        if (mode == CassetteMode.Replay)
        {
            return Replay(path);
        }

        var response = await base.SendAsync(request, cancellationToken);
        var head = new CassetteFile
        {
            Status = (int)response.StatusCode,
            ContentType = response.Content.Headers.ContentType?.ToString(),
            RetryAfter = response.Headers.TryGetValues("Retry-After", out var values) ? values.FirstOrDefault() : null,
        };
        response.Content = With(head, new StreamContent(new RecordingStream(await response.Content.ReadAsStreamAsync(cancellationToken), head, path)));
        return response;
    }

    private static HttpResponseMessage Replay(string path)
    {
        if (CassetteFile.Read(path) is not var (head, body))
        {
            throw new ModelException(ModelFailure.Refused, $"the cassette has no recording {path}: the request is new or was sent more often than recorded; record it with ask.cassette.mode record");
        }

        Stream stream = head.Cut ? new CutStream(body) : new MemoryStream(body.ToArray(), writable: false);
        var response = new HttpResponseMessage((HttpStatusCode)head.Status) { Content = With(head, new StreamContent(stream)) };
        if (head.RetryAfter is { } wait)
        {
            response.Headers.TryAddWithoutValidation("Retry-After", wait);
        }

        return response;
    }

    private static StreamContent With(CassetteFile head, StreamContent content)
    {
        content.Headers.ContentType = MediaTypeHeaderValue.TryParse(head.ContentType, out var type) ? type : null;
        return content;
    }

    private static async Task<string> HashAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes($"{request.Method} {request.RequestUri}\n"));
        hash.AppendData(request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
